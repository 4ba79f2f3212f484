/** Shared by verifiers that ask the issuer about each token: settings, claims from a reply, and cached answers. */
import { createHash } from 'node:crypto'
import type * as z from 'zod'
import { checkUnavailable } from '../../errors.ts'
import { MOST_CLAIMS, readObject, writeObject } from '../../json/json-members.ts'
import { type ReadJson, toJsonText } from '../../json/json-text.ts'
import type { OpaqueToken, Token } from '../../keys/token.ts'
import type { Endpoint } from '../../remote/endpoint.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import { BEARER_MARK } from '../../service-bearer-mark.ts'
import { proxy } from '../../settings/proxy.ts'
import { duration, integer } from '../../settings/quantities.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { remoteTlsSchema } from '../../settings/tls.ts'
import { allowHttp } from '../../settings/urls.ts'
import type { Verified, Verifier } from '../check.ts'
import { createSharedCache } from '../shared-cache.ts'
import type { VerifierServices } from './verifier-kind.ts'

/** The settings of a verifier that asks a URL. */
export function askingShape(reader: SecretReader) {
  return {
    allowHttp,
    timeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('Time limit of the whole call, from connecting to the last byte. Default: 2s.'),
    cache: section({
      for: duration('1s', '1h')
        .prefault('30s')
        .describe(
          'How long an answer is kept, but never longer than the token is valid. During this time the endpoint is not asked about the token again. Default: 30s.'
        ),
      entries: integer(1, 1_000_000)
        .prefault(10_000)
        .describe('The most answers that are kept. Default: 10000.')
    })
      .optional()
      .describe('Keeps answers that verify a token. Default: every check asks.'),
    proxy,
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of an https:// endpoint. Its certificate is always verified.')
  }
}

type AskingConfig = z.output<z.ZodObject<ReturnType<typeof askingShape>>>

/** The parts of a verifier that asks. */
export interface AskingVerifierOptions extends Pick<AskingOptions, 'cache' | 'now'> {
  readonly url: URL
  readonly endpoint: Endpoint
  /** Levels that the JSON of a reply may nest. */
  readonly maxDepth: number
}

/** Connects a verifier with the URL that it asks, by its settings. */
export function connectAsking(
  url: string,
  { timeout, cache, tls, proxy }: AskingConfig,
  { limits, now, connectEndpoint }: VerifierServices
): AskingVerifierOptions {
  const endpoint = connectEndpoint(url, {
    timeoutMs: timeout,
    maxReplyBytes: limits.reply,
    maxCalls: limits.calls,
    tls,
    proxy
  })
  return {
    url: new URL(url),
    endpoint,
    maxDepth: limits.depth,
    cache: cache && { forMs: cache.for, entries: cache.entries },
    now
  }
}

export interface AskingOptions {
  /**
   * Asks about one token.
   * @throws ServiceError `invalid_token` where the issuer rejects it, `check_unavailable` without a usable answer
   */
  readonly ask: (token: Token | OpaqueToken, trace?: TraceHeaders) => Promise<Verified>
  /** How long, and how many, positive answers are cached. Default: every check asks. */
  readonly cache?: { readonly forMs: number; readonly entries: number } | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** Makes a verifier that asks, or uses the cached answer. */
export function createAskingVerifier({ ask, cache, now }: AskingOptions): Verifier {
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

/** Claims that are taken from a JWT and never from the reply (RFC 7519, section 4.1): no endpoint extends a token, or turns it into another. */
const OWN_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'iat',
  'nbf',
  'exp',
  'jti',
  BEARER_MARK.claim
])

/** The claims that are times. */
const TIMES = ['exp', 'nbf', 'iat'] as const
/** Values of servers for a time that they do not set, and for a token that never expires. */
const NO_TIME: ReadonlySet<unknown> = new Set([undefined, null, 0, -1, '0', '-1'])
/** Seconds since 1970 as text. */
const SECONDS = /^\d{1,12}$/

/** @throws ServiceError `check_unavailable` for a reply that is not an object */
export function membersOf({ value, text }: ReadJson): Readonly<Record<string, unknown>> {
  if (text.startsWith('{')) return value as Record<string, unknown>
  throw checkUnavailable(new Error('found a reply that is not a JSON object'))
}

/**
 * Makes claims from a reply: all its members, and the claims of the JWT itself that no reply may change. An opaque token has none of those.
 * @param omitted a member that is not a claim
 * @throws ServiceError `check_unavailable` for a reply with too many members, or with a time that cannot be read
 */
export function claimsOfReply(
  reply: ReadJson,
  token: Token | OpaqueToken,
  omitted?: string
): Verified {
  const claims = new Map(Object.entries(membersOf(reply)))
  const texts = readObject(reply.text, MOST_CLAIMS)
  if (texts.size > MOST_CLAIMS) {
    throw checkUnavailable(new Error(`found a reply with more than ${MOST_CLAIMS} members`))
  }
  if (omitted !== undefined) {
    claims.delete(omitted)
    texts.delete(omitted)
  }
  for (const name of TIMES) {
    const value = claims.get(name)
    if (NO_TIME.has(value)) {
      claims.delete(name)
      texts.delete(name)
    } else if (typeof value === 'string' && SECONDS.test(value)) {
      claims.set(name, Number(value))
      texts.set(name, toJsonText(Number(value)))
    } else if (typeof value !== 'number') {
      throw checkUnavailable(new Error(`found a reply whose ${name} is not a number of seconds`))
    }
  }
  const isOpaque = token.header === undefined
  if (!isOpaque) {
    const isShortened = isEarlier(claims.get('exp'), token.payload.exp)
    const isOwn = (name: string) => OWN_CLAIMS.has(name) && !(name === 'exp' && isShortened)
    for (const [name, value] of Object.entries(token.payload)) {
      if (isOwn(name)) claims.set(name, value)
    }
    for (const [name, text] of readObject(token.payloadText)) {
      if (isOwn(name)) texts.set(name, text)
    }
  }
  return { claims: Object.fromEntries(claims), claimsText: writeObject(texts), isOpaque }
}

function isEarlier(one: unknown, other: unknown): boolean {
  return typeof one === 'number' && typeof other === 'number' && one < other
}

/** Milliseconds since 1970. The requirements reject an `exp` that is not a number. */
function expiryOf({ claims: { exp } }: Verified): number {
  return typeof exp === 'number' ? exp * 1000 : Number.POSITIVE_INFINITY
}
