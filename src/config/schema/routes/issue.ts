/** The settings of a route that issues tokens. */
import { z } from 'zod'
import type { SecretReader } from '../../secrets.ts'
import { duration, routePattern, section } from '../fields.ts'
import { sourcesSchema } from '../sources/source.ts'
import { cookie } from './cookie.ts'
import { kid } from './kid.ts'
import { KRAKEND_ONLY } from './krakend.ts'
import { refresh } from './refresh.ts'
import { auth, on } from './route.ts'
import { statuses } from './statuses.ts'

export type IssueRouteConfig = z.output<ReturnType<typeof issueRouteSchema>>

/** The wire formats that tokens are issued in. */
const ISSUE_PROTOCOLS = ['txtoken', 'oauth'] as const

export function issueRouteSchema(reader: SecretReader) {
  const shape = {
    issue: routePattern.describe(
      'Path that tokens are issued on; a segment `{name}` is a path variable.'
    ),
    on,
    protocol: z
      .enum(ISSUE_PROTOCOLS, `expected ${ISSUE_PROTOCOLS.join(', ')}, krakend or supertokens`)
      .default('txtoken')
      .describe('The wire format. Default: txtoken.'),
    auth: auth(reader),
    claims: sourcesSchema(reader),
    key: kid.optional().describe('The kid of the key that signs. Default: the first key that can.'),
    lifetime: duration('1s', '36500d')
      .prefault('1h')
      .describe('How long a token is valid. Default: 1h.'),
    cookie,
    refresh,
    statuses
  }
  return section(shape, KRAKEND_ONLY)
}
