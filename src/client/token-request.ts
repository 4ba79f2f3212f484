/** Asks an issue route for a token. */
import { createRemote } from '../remote/remote.ts'
import { describeFailure } from './call-failure.ts'
import { assertCallable } from './remote-options.ts'
import { parseTokenReply, remainingLifetime, ServiceTokenError } from './token-reply.ts'

export interface TokenRequestOptions {
  /** URL of the issue route. */
  readonly url: string
  /**
   * The protocol of the route: `supertokens` is the JWT recipe of that core, which gets the lifetime and the issuer as
   * well. Default `txtoken`, which fits every other protocol too.
   */
  readonly protocol?: 'txtoken' | 'supertokens' | undefined
  /** The `iss` to ask for, in the protocol `supertokens`. */
  readonly issuer?: string | undefined
  /** Sent as `api-key`. */
  readonly apiKey?: string | undefined
  /** The claims to ask for, posted as JSON; the route decides how it uses them. Default: none. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /**
   * Seconds after which a token is not used any more; it is renewed before that. It has to be given
   * where tokens have no expiry of their own. Default: their own.
   */
  readonly lifetime?: number | undefined
  /** Whether the URL may be http://. Default false. */
  readonly allowHttp?: boolean | undefined
  readonly tls?:
    | {
        /** Certificates to trust in place of the well-known authorities, as PEM. */
        readonly ca?: string | undefined
      }
    | undefined
  /** For one request as a whole. Default 5000. */
  readonly timeoutMs?: number | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined
}

interface IssuedToken {
  readonly token: string
  /** How long it is valid, counted from the request for it. */
  readonly lifetimeMs: number
}

export interface TokenRequest {
  /** @throws ServiceTokenError */
  readonly send: () => Promise<IssuedToken>
  /** A request that is under way fails. */
  readonly close: () => Promise<void>
}

const DEFAULT_TIMEOUT = 5_000
const MAX_REPLY_BYTES = 256 * 1024
/** The requested lifetime in seconds where `lifetime` is left out. */
const DEFAULT_VALIDITY = 3600

/** @throws TypeError for options that could never work */
export function createTokenRequest(options: TokenRequestOptions): TokenRequest {
  const { url, apiKey, lifetime = Number.POSITIVE_INFINITY, tls } = options
  const { timeoutMs = DEFAULT_TIMEOUT, now = Date.now } = options
  assertCallable('url', url, options)
  if (!(lifetime > 0)) throw new TypeError('lifetime: expected seconds, more than 0')
  const { body, headers } = createContent(options)
  const remote = createRemote({
    url,
    userAgent: 'txtoken-client',
    headers: { ...headers, ...(apiKey !== undefined && { 'api-key': apiKey }) },
    timeoutMs,
    connectTimeoutMs: timeoutMs,
    maxReplyBytes: MAX_REPLY_BYTES,
    maxCalls: 1,
    tls,
    onOutcome: () => {}
  })

  return {
    async send() {
      const sentAt = now()
      const { token, expiresIn } = parseTokenReply(await post())
      const seconds = Math.min(lifetime, expiresIn, remainingLifetime(token, sentAt / 1000))
      if (seconds === Number.POSITIVE_INFINITY) {
        throw new ServiceTokenError('found a token without an expiry, expected lifetime to be set')
      }
      if (seconds <= 0) {
        throw new ServiceTokenError('found a token that has expired already; do the clocks agree?')
      }
      return { token, lifetimeMs: seconds * 1000 }
    },
    close: remote.close
  }

  async function post(): Promise<string> {
    try {
      return (await remote.call({ body, onAbort: () => {} })).toString()
    } catch (error) {
      const { message, status, cause } = describeFailure(error)
      throw new ServiceTokenError(message, { status, cause })
    }
  }
}

interface RequestContent {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Makes body and headers of a request for a token, in the wire format of the route.
 * @throws TypeError where an option that the protocol needs is missing
 */
function createContent({
  protocol,
  claims = {},
  lifetime,
  issuer
}: TokenRequestOptions): RequestContent {
  if (protocol !== 'supertokens') return { body: Buffer.from(JSON.stringify(claims)), headers: {} }
  if (issuer === undefined) {
    throw new TypeError('issuer: expected the URL that becomes the iss of the token')
  }
  const content = {
    payload: claims,
    validity: Math.ceil(lifetime ?? DEFAULT_VALIDITY),
    // A token that is renewed does not need the key that is never replaced.
    useStaticSigningKey: false,
    algorithm: 'RS256',
    jwksDomain: issuer
  }
  return {
    body: Buffer.from(JSON.stringify(content)),
    headers: { 'cdi-version': '5.4', rid: 'jwt' }
  }
}
