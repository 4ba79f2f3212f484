/** The settings of a route that revokes tokens. */
import * as z from 'zod'
import { verifierSchema } from '../../check/verifiers/registry.ts'
import { routePath } from '../../settings/route-paths.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { auth } from '../route-settings.ts'

export type RevokeRouteConfig = z.output<ReturnType<typeof revokeRouteSchema>>

export function revokeRouteSchema(reader: SecretReader) {
  return section({
    revoke: routePath.describe(
      'Path that tokens are revoked on, by POST of a form (RFC 7009); with `auth`, subjects and keys too.'
    ),
    on: z
      .string('expected the name of a listener')
      .optional()
      .describe('The listener that the route is on. Default: admin where there is one, else main.'),
    auth: auth(reader),
    verify: z
      .array(verifierSchema(reader), 'expected a list of verifiers')
      .min(1, 'expected at least one verifier')
      .optional()
      .describe(
        'The verifiers, in order: only a token that one of them verifies is revoked. Default: all keys.'
      )
  })
}
