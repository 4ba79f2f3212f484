/** The verifier `endpoint`: an endpoint elsewhere, which gets the token and returns its subject. */
import { createHash } from 'node:crypto'
import type * as z from 'zod'
import { checkUnavailable, invalidToken } from '../../errors.ts'
import { MOST_CLAIMS, readObject, writeObject } from '../../json/json-members.ts'
import type { ReadJson } from '../../json/json-text.ts'
import type { Token } from '../../keys/token.ts'
import { addressIn } from '../../remote/address.ts'
import type { Endpoint } from '../../remote/endpoint.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import { BEARER_MARK } from '../../service-bearer-mark.ts'
import { duration, integer } from '../../settings/quantities.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { remoteTlsSchema } from '../../settings/tls.ts'
import { allowHttp, httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'
import type { Verified, Verifier } from '../check.ts'
import { readReply } from '../endpoint-reply.ts'
import { createSharedCache } from '../shared-cache.ts'
import type { VerifierKind } from './verifier-kind.ts'

function endpointVerifierSchema(reader: SecretReader) {
  return section({
    endpoint: httpUrl.describe(
      'URL that the token is posted to, as a Bearer of the Authorization header. A 200 with JSON that has a `sub` verifies it, 401 and 403 reject it.'
    ),
    allowHttp,
    timeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('For the whole call, from connecting to the last byte. Default: 2s.'),
    cache: section({
      for: duration('1s', '1h')
        .prefault('30s')
        .describe(
          'How long an answer is kept, and never longer than the token is valid. Until then, the endpoint is not asked about the token again. Default: 30s.'
        ),
      entries: integer(1, 1_000_000)
        .prefault(10_000)
        .describe('Most answers that are kept. Default: 10000.')
    })
      .optional()
      .describe('Keeps answers that verify a token. Default: every check asks.'),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of an https:// endpoint. Its certificate is always verified.')
  }).refine(({ endpoint, allowHttp }) => isAllowed(endpoint, allowHttp), {
    error: PLAIN_HTTP,
    path: ['endpoint']
  })
}

export const endpointKind = {
  setting: 'endpoint',
  settings: endpointVerifierSchema,
  addresses: (config) => [addressIn(config, 'endpoint', 'http')],
  create: ({ endpoint, timeout, cache, tls }, { limits, now, connectEndpoint }) =>
    createEndpointVerifier({
      url: new URL(endpoint),
      endpoint: connectEndpoint(endpoint, {
        timeoutMs: timeout,
        maxReplyBytes: limits.reply,
        maxCalls: limits.calls,
        tls
      }),
      maxDepth: limits.depth,
      cache: cache && { forMs: cache.for, entries: cache.entries },
      now
    })
} satisfies VerifierKind<z.output<ReturnType<typeof endpointVerifierSchema>>>

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

/** Claims that are taken from the token and never from the reply (RFC 7519, section 4.1): no endpoint makes a token valid for longer, or another token. */
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
 * without a `sub` reject it. Anything else makes the check unavailable.
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
      throw invalidToken('Token is rejected by its issuer', 'endpoint')
    }
    if (status !== 200) throw checkUnavailable(new Error(`${url.host}: found the status ${status}`))
    return describeVerified(readReply(body, maxDepth), token)
  }

  if (cache === undefined) return ask

  const { forMs, entries } = cache
  const getShared = createSharedCache<Verified>({ entries, now })
  return function askOnce(token, trace) {
    // The hash, so that a memory dump is not a list of valid tokens.
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
    throw checkUnavailable(new Error('found a reply that is not a JSON object'))
  }
  const reply = value as Record<string, unknown>
  if (typeof reply.sub !== 'string' || reply.sub === '') {
    throw invalidToken('Token is rejected by its issuer', 'endpoint')
  }
  const members = readObject(text, MOST_CLAIMS)
  if (members.size > MOST_CLAIMS) {
    throw checkUnavailable(new Error(`found a reply with more than ${MOST_CLAIMS} members`))
  }
  const ownClaims = Object.entries(payload).filter(([name]) => OWN_CLAIMS.has(name))
  const ownTexts = [...readObject(payloadText)].filter(([name]) => OWN_CLAIMS.has(name))
  return {
    claims: { ...reply, ...Object.fromEntries(ownClaims) },
    claimsText: writeObject(new Map([...members, ...ownTexts]))
  }
}

/** Milliseconds since 1970. The requirements reject an `exp` that is not a number. */
function expiryOf({ claims: { exp } }: Verified): number {
  return typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY
}
