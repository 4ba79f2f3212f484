/** The settings of a route that checks tokens. */
import { z } from 'zod'
import type { SecretReader } from '../../secrets.ts'
import { routePath, section } from '../fields.ts'
import { verifierSchema } from '../verifiers/verifier.ts'
import { auth, limits, on } from './route.ts'

export type CheckRouteConfig = z.output<ReturnType<typeof checkRouteSchema>>

/** The wire formats that tokens are checked in. */
const CHECK_PROTOCOLS = ['txtoken'] as const

export function checkRouteSchema(reader: SecretReader) {
  return section({
    check: routePath.describe('Path that tokens are checked on.'),
    on,
    protocol: z
      .enum(CHECK_PROTOCOLS, `expected ${CHECK_PROTOCOLS.join(', ')}`)
      .default('txtoken')
      .describe('The wire format. Default: txtoken.'),
    auth: auth(reader),
    limits,
    verify: z
      .array(verifierSchema, 'expected a list of verifiers')
      .min(1, 'expected at least one verifier')
      .describe('The verifiers, in order.')
  })
}
