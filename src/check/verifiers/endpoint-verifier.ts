/** Verification by an endpoint elsewhere, which is sent the token and says whose it is. */
import { createHash } from 'node:crypto'
import { checkUnavailable, invalidToken } from '../../errors.ts'
import { readObject, writeObject } from '../../json/json-object.ts'
import type { ReadJson } from '../../json/json-text.ts'
import type { Token } from '../../keys/token.ts'
import type { Endpoint } from '../../remote/endpoint.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import { BEARER_MARK } from '../../service-bearer-mark.ts'
import type { Verified, Verifier } from '../check.ts'
import { readReply } from '../endpoint-reply.ts'
import { createSharedCache } from '../shared-cache.ts'

export interface EndpointVerifierOptions {
  readonly url: URL
  readonly endpoint: Endpoint
  /** Levels that the JSON of a reply may nest. */
  readonly maxDepth: number
  /** How long, and how many, positive answers are kept. Left out, every check asks. */
  readonly cache?: { readonly forMs: number; readonly entries: number } | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** What a token says of itself goes before what is said of it (RFC 7519, section 4.1): no endpoint makes it live longer, or another. */
const OWN_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'iat',
  'nbf',
  'exp',
  'jti',
  BEARER_MARK.claim
])

/**
 * Posts the token as a bearer. A 200 with JSON that has a `sub` verifies it, and its other members are claims; 401, 403 and a 200
 * without a `sub` refuse it. Anything else is no answer, and so neither.
 */
export function createEndpointVerifier(options: EndpointVerifierOptions): Verifier {
  const { url, endpoint, maxDepth, cache, now } = options

  async function ask(token: Token, trace?: TraceHeaders): Promise<Verified> {
    const { status, body } = await endpoint.ask({
      url,
      method: 'POST',
      headers: { authorization: `Bearer ${token.raw}` },
      body: '',
      trace
    })
    if (status === 401 || status === 403) {
      throw invalidToken('Token is refused by its issuer', 'endpoint')
    }
    if (status !== 200) throw checkUnavailable(new Error(`${url.host}: found the status ${status}`))
    return describeVerified(readReply(body, maxDepth), token)
  }

  if (cache === undefined) return ask

  const { forMs, entries } = cache
  const getShared = createSharedCache<Verified>({ entries, now })
  return function askOrRemember(token, trace) {
    // Its hash, so that no memory dump is a list of tokens that are good.
    const key = createHash('sha256').update(token.raw).digest('base64')
    return getShared(key, async () => {
      const until = now() + forMs
      const value = await ask(token, trace)
      return { value, until: Math.min(until, expiryOf(value)) }
    })
  }
}

function describeVerified({ value, text }: ReadJson, { payload, payloadText }: Token): Verified {
  if (!text.startsWith('{')) {
    throw checkUnavailable(new Error('found a reply that is no JSON object'))
  }
  const said = value as Record<string, unknown>
  if (typeof said.sub !== 'string' || said.sub === '') {
    throw invalidToken('Token is refused by its issuer', 'endpoint')
  }
  const ownClaims = Object.entries(payload).filter(([name]) => OWN_CLAIMS.has(name))
  const ownTexts = [...readObject(payloadText)].filter(([name]) => OWN_CLAIMS.has(name))
  return {
    claims: { ...said, ...Object.fromEntries(ownClaims) },
    claimsText: writeObject(new Map([...readObject(text), ...ownTexts]))
  }
}

/** Milliseconds since 1970. Whether an `exp` of another kind is a fault is for the requirements to say. */
function expiryOf({ claims: { exp } }: Verified): number {
  return typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY
}
