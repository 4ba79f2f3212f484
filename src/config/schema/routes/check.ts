/** The settings of a route that checks tokens. */
import { z } from 'zod'
import type { SecretReader } from '../../secrets.ts'
import { routePath, section, size } from '../fields.ts'
import { verifierSchema } from '../verifiers/verifier.ts'
import { auth, limits, on } from './route.ts'
import { tokenPlaces } from './token-places.ts'

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
    token: tokenPlaces,
    verify: z
      .array(verifierSchema, 'expected a list of verifiers')
      .min(1, 'expected at least one verifier')
      .describe('The verifiers, in order.'),
    cache: size('0B', '1024MiB')
      .prefault('2MiB')
      .describe(
        'How many tokens that were verified are remembered, by the size of their texts: those are not verified anew. Times, revocations and the end of keys count all the same. 0B is off. Default: 2MiB.'
      )
  })
}
