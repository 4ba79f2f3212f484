/** The settings of a route that shows the claims of a token without signing them. */
import * as z from 'zod'
import { sourcesSchema } from '../../issue/sources/registry.ts'
import { flag } from '../../settings/quantities.ts'
import { routePattern } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { auth, limits, on } from '../route-settings.ts'
import { statuses } from '../statuses.ts'

export type ClaimsRouteConfig = z.output<ReturnType<typeof claimsRouteSchema>>

export function claimsRouteSchema(reader: SecretReader) {
  return section({
    claims: routePattern.describe(
      'Path that claims are given on, unsigned, by GET and POST; a segment `{name}` is a path variable.'
    ),
    on,
    auth: auth(reader),
    limits,
    of: z
      .string('expected the path of an issue route')
      .optional()
      .describe(
        'The path of the issue route whose sources it shows. Default: the only issue route.'
      ),
    sources: sourcesSchema(reader)
      .optional()
      .describe('Sources of its own, in order; later ones win. Default: those of an issue route.'),
    explain: flag
      .default(false)
      .describe(
        'Whether `?explain=1` shows for each claim which source set it, and which others did before. Default: false.'
      ),
    statuses
  }).refine(({ of, sources }) => of === undefined || sources === undefined, {
    error: 'expected of or sources, found both'
  })
}
