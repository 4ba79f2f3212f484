/** The settings of a route that shows the claims of a token without signing them. */
import * as z from 'zod'
import { attempts } from '../../issue/attempts.ts'
import { sourcesSchema } from '../../issue/sources/registry.ts'
import { flag } from '../../settings/quantities.ts'
import { routePattern } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { RELAYS_STATUSES, relay, relaysStatuses } from '../relay.ts'
import { auth, limits, on } from '../route-settings.ts'
import { statuses } from '../statuses.ts'

export type ClaimsRouteConfig = z.output<ReturnType<typeof claimsRouteSchema>>

export function claimsRouteSchema(reader: SecretReader) {
  return section({
    claims: routePattern.describe(
      'Path that returns claims, unsigned, by GET and POST; a segment `{name}` is a path variable.'
    ),
    on,
    auth: auth(reader),
    limits,
    of: z
      .string('expected the path of an issue route')
      .optional()
      .describe(
        'The path of the issue route whose claims it returns. Default: the only issue route.'
      ),
    sources: sourcesSchema(reader)
      .optional()
      .describe(
        'Its own sources, in order. A later source overrides an earlier one. Default: the sources of an issue route.'
      ),
    explain: flag
      .default(false)
      .describe(
        'Whether `?explain=1` shows for each claim which source set it, and which sources it overrides. Default: false.'
      ),
    attempts,
    statuses,
    relay
  })
    .refine(relaysStatuses, RELAYS_STATUSES)
    .refine(({ attempts, sources }) => attempts === undefined || sources !== undefined, {
      error: 'expected sources of its own, since those of an issue route have its attempts',
      path: ['attempts']
    })
    .refine(({ of, sources }) => of === undefined || sources === undefined, {
      error: 'expected of or sources, found both'
    })
}
