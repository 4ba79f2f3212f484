/** The settings of a route that publishes single keys. */
import type * as z from 'zod'

import { routePath } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { auth, on } from '../route-settings.ts'

export type KeysRouteConfig = z.output<ReturnType<typeof keysRouteSchema>>

export function keysRouteSchema(reader: SecretReader) {
  return section({
    keys: routePath.describe(
      'Path below which single public keys are published: `/{kid}`, `/{kid}/key.pem`, `/{kid}/key.json` and `/{kid}/jwk.json`. The JWK Set is always public.'
    ),
    on,
    auth: auth(reader)
  })
}
