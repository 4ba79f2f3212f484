/** The verifier `endpoint`: an endpoint elsewhere, which gets the token and returns its subject. */
import type * as z from 'zod'
import { checkUnavailable, invalidToken } from '../../errors.ts'
import type { OpaqueToken, Token } from '../../keys/token.ts'
import { addressIn } from '../../remote/address.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import { flag } from '../../settings/quantities.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'
import type { Verified, Verifier } from '../check.ts'
import { readReply } from '../endpoint-reply.ts'
import {
  type AskingVerifierOptions,
  askingShape,
  claimsOfReply,
  connectAsking,
  createAskingVerifier,
  membersOf
} from './asked-issuer.ts'
import type { VerifierKind } from './verifier-kind.ts'

function endpointVerifierSchema(reader: SecretReader) {
  return section({
    endpoint: httpUrl.describe(
      'URL that the token is posted to, as a Bearer in the Authorization header. A 200 with JSON that has a `sub` verifies the token; 401 and 403 reject it.'
    ),
    opaque: flag
      .prefault(false)
      .describe(
        'Whether the endpoint is also asked about tokens that are no JWT. All claims of such a token come from the reply, `exp` and `jti` too. Default: false.'
      ),
    ...askingShape(reader)
  }).refine(({ endpoint, allowHttp }) => isAllowed(endpoint, allowHttp), {
    error: PLAIN_HTTP,
    path: ['endpoint']
  })
}

type EndpointConfig = z.output<ReturnType<typeof endpointVerifierSchema>>

export const endpointKind = {
  setting: 'endpoint',
  settings: endpointVerifierSchema,
  takesOpaque: ({ opaque }) => opaque,
  addresses: (config) => [addressIn(config, 'endpoint', 'http')],
  create: (config, services) =>
    createEndpointVerifier({
      ...connectAsking(config.endpoint, config, services),
      opaque: config.opaque
    })
} satisfies VerifierKind<EndpointConfig>

export interface EndpointVerifierOptions extends AskingVerifierOptions {
  /** Whether it is asked about opaque tokens. Default: they are unknown to it. */
  readonly opaque?: boolean
}

/**
 * Posts the token as a bearer. A 200 with JSON that has a `sub` verifies it, and its other members are claims; 401, 403, and a 200
 * without a `sub`, with an `error`, or with an `active` that is not true reject it. Anything else makes the check unavailable.
 */
export function createEndpointVerifier(options: EndpointVerifierOptions): Verifier {
  const { url, endpoint, opaque = false, maxDepth, cache, now } = options

  async function ask(token: Token | OpaqueToken, trace?: TraceHeaders): Promise<Verified> {
    const { status, body } = await endpoint.ask({
      url,
      method: 'POST',
      headers: { authorization: `Bearer ${token.raw}` },
      body: '',
      trace
    })
    if (status === 401 || status === 403) {
      throw invalidToken('Token is rejected by its issuer', 'endpoint')
    }
    if (status !== 200) throw checkUnavailable(new Error(`${url.host}: found the status ${status}`))
    const reply = readReply(body, maxDepth)
    const { sub, active = true, error } = membersOf(reply)
    // Whatever else the reply has: some servers add what they know of a token that they reject.
    if (active !== true || (typeof error === 'string' && error !== '')) {
      throw invalidToken('Token is rejected by its issuer', 'endpoint')
    }
    if (typeof sub !== 'string' || sub === '') {
      const isMissing = sub === undefined || sub === null || sub === ''
      const found = isMissing ? 'no sub' : 'a sub that is not text'
      throw invalidToken(`Token is not confirmed: the reply of its issuer has ${found}`, 'endpoint')
    }
    return claimsOfReply(reply, token)
  }

  const verify = createAskingVerifier({ ask, cache, now })
  return function askTheEndpoint(token, trace) {
    return token.header === undefined && !opaque ? undefined : verify(token, trace)
  }
}
