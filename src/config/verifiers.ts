/** The verifiers of a configuration, whichever route they are on. */

import type { VerifierConfig } from '../check/verifiers/settings.ts'
import type { Config } from './full-form.ts'

/** Those of check and revoke routes, in the order of the routes. */
export function verifiersOf({ routes }: Pick<Config, 'routes'>): readonly VerifierConfig[] {
  return routes.flatMap((route) => ('verify' in route ? (route.verify ?? []) : []))
}
