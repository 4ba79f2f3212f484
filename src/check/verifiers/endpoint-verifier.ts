/** Verification by an endpoint elsewhere, which is sent the token and says whose it is. */
import { createHash } from 'node:crypto'
import { checkUnavailable, invalidToken } from '../../errors.ts'
import type { Endpoint } from '../../remote/endpoint.ts'
import type { Verifier } from '../check.ts'
import { readReply } from '../endpoint-reply.ts'
import { createSharedCache } from '../shared-cache.ts'
import type { Token, VerifiedClaims } from '../token.ts'

export interface EndpointVerifierOptions {
  readonly url: URL
  readonly endpoint: Endpoint
  /** Levels that the JSON of a reply may nest. */
  readonly maxDepth: number
  /** How long, and how many, positive answers are kept. Left out, every check asks. */
  readonly cache?: { readonly forMilliseconds: number; readonly entries: number } | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** What a token says of itself goes before what is said of it (RFC 7519, section 4.1): no endpoint makes it live longer, or another. */
const OWN_CLAIMS = ['iss', 'iat', 'nbf', 'exp', 'jti'] as const

/**
 * Posts the token as a bearer. A 200 with JSON that has a `sub` verifies it, and its other members are claims; 401, 403 and a 200
 * without a `sub` refuse it. Anything else is no answer, and so neither.
 */
export function createEndpointVerifier(options: EndpointVerifierOptions): Verifier {
  const { url, endpoint, maxDepth, cache, now } = options

  async function ask(token: Token): Promise<VerifiedClaims> {
    const { status, body } = await endpoint.ask({
      url,
      method: 'POST',
      headers: { authorization: `Bearer ${token.raw}` },
      body: ''
    })
    if (status === 401 || status === 403) {
      throw invalidToken('Token is refused by its issuer', 'endpoint')
    }
    if (status !== 200) throw checkUnavailable(new Error(`found the status ${status}`))
    return { ...readClaims(body, maxDepth), ...ownClaims(token.payload) }
  }

  if (cache === undefined) {
    return async function verifyByEndpoint(token) {
      return { claims: await ask(token) }
    }
  }

  const { forMilliseconds, entries } = cache
  const getShared = createSharedCache<VerifiedClaims>({ entries, now })
  return async function verifyByCachedEndpoint(token) {
    // Its hash, so that no memory dump is a list of tokens that are good.
    const key = createHash('sha256').update(token.raw).digest('base64')
    const claims = await getShared(key, async () => {
      const until = now() + forMilliseconds
      const value = await ask(token)
      return { value, until: Math.min(until, expiryOf(value)) }
    })
    return { claims }
  }
}

function readClaims(body: Buffer, maxDepth: number): VerifiedClaims {
  const value = readReply(body, maxDepth)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw checkUnavailable(new Error('found a reply that is not a JSON object'))
  }
  const claims = value as VerifiedClaims
  if (typeof claims.sub !== 'string' || claims.sub === '') {
    throw invalidToken('Token is refused by its issuer', 'endpoint')
  }
  return claims
}

function ownClaims(payload: VerifiedClaims): VerifiedClaims {
  return Object.fromEntries(
    OWN_CLAIMS.filter((name) => Object.hasOwn(payload, name)).map((name) => [name, payload[name]])
  )
}

/** Milliseconds since 1970. Whether an `exp` of another kind is a fault is for the requirements to say. */
function expiryOf({ exp }: VerifiedClaims): number {
  return typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY
}
