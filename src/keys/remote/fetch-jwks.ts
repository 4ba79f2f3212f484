/** Fetches a JWK Set (RFC 7517, section 5) over HTTP, within bounds of time and size. */
import { once } from 'node:events'
import { Agent as HttpAgent, type IncomingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Request, Response } from 'got'
import { isTlsFailure } from '../../remote/remote-errors.ts'
import { createTlsOptions, type TlsSettings } from '../../remote/tls-options.ts'
import { KeyError } from '../key-error.ts'
import { type Jwk, parseJwkSet } from '../material/jwk.ts'

/** One word for each thing that can go wrong, for metrics and logs. */
export type JwksFailure =
  | 'unreachable'
  | 'tls'
  | 'timeout'
  | 'redirect'
  | 'status'
  | 'media_type'
  | 'too_large'
  | 'too_many_keys'
  | 'not_a_jwk_set'
  | 'no_key'

/** Why a JWK Set could not be fetched. The message names what was found, and holds nothing of the set. */
export class JwksError extends Error {
  override readonly name = 'JwksError'
  readonly failure: JwksFailure

  constructor(failure: JwksFailure, message: string, cause?: unknown) {
    super(message, { cause })
    this.failure = failure
  }
}

export interface FetchJwksOptions {
  readonly url: string
  readonly allowHttp: boolean
  readonly tls: TlsSettings | undefined
  /** For the whole of it, from the look-up of the name to the last byte. */
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly maxKeys: number
  readonly now: () => number
}

export interface JwksReply {
  /** Undefined when the set still has the `etag` of the request. */
  readonly jwks: readonly Jwk[] | undefined
  readonly etag: string | undefined
  /** For how long the headers let it be kept, from the request on; undefined when they do not limit it. */
  readonly lifetimeMs: number | undefined
}

/**
 * @param etag of the set that the caller still has
 * @param signal gives up on the request
 * @returns a JwksError for every failure; it never rejects
 */
export type FetchJwks = (
  etag: string | undefined,
  signal: AbortSignal
) => Promise<JwksReply | JwksError>

/** RFC 7517, section 8.5.2, and what most servers send in its place. */
const MEDIA_TYPES = ['application/jwk-set+json', 'application/json']

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Checks the options and makes a function that fetches.
 * @throws TypeError for a URL that may not be fetched, and for TLS settings that cannot be used
 */
export function createFetchJwks(options: FetchJwksOptions): FetchJwks {
  const { timeoutMs, maxBytes, maxKeys, now } = options
  const url = parseJwksUrl(options.url, options.allowHttp)
  const tlsOptions = createTlsOptions(options.tls)
  // Agents of its own, without keep-alive: minutes lie between two calls, and no other call shares its pins.
  const agent =
    url.protocol === 'https:' ? { https: new HttpsAgent(tlsOptions) } : { http: new HttpAgent() }

  return async function fetchJwks(etag, signal) {
    try {
      return await request(etag, signal)
    } catch (error) {
      return error instanceof JwksError ? error : explainFailure(error)
    }
  }

  async function request(etag: string | undefined, signal: AbortSignal): Promise<JwksReply> {
    const sentAt = now()
    // They take a tenth of a second to load, so only a service that has such a set pays for it.
    const [{ got }, { freshnessLifetime }] = await Promise.all([
      import('got'),
      import('./jwks-freshness.ts')
    ])
    const stream = got.stream(url, {
      agent,
      signal,
      headers: {
        accept: MEDIA_TYPES.join(', '),
        'user-agent': 'txtoken',
        ...(etag !== undefined && { 'if-none-match': etag })
      },
      timeout: { request: timeoutMs },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false
    })
    // For moments it has no other listener, and an error would then end the process.
    stream.on('error', () => {})
    try {
      const [response] = (await once(stream, 'response')) as [Response]
      const { headers, statusCode } = response
      const lifetimeMs = freshnessLifetime(headers, sentAt)
      if (statusCode === 304 && etag !== undefined) {
        return { jwks: undefined, etag: headers.etag ?? etag, lifetimeMs }
      }
      assertAcceptable(statusCode, headers)
      const jwks = parseBoundedJwkSet(await readBytes(stream, maxBytes), maxKeys)
      return { jwks, etag: headers.etag, lifetimeMs }
    } finally {
      stream.destroy()
    }
  }
}

function parseJwksUrl(text: string, allowHttp: boolean): URL {
  if (!URL.canParse(text)) throw new TypeError('found text that is not a URL, expected https://')
  const url = new URL(text)
  if (url.protocol === 'http:' && !allowHttp) {
    throw new TypeError('found a URL with http://, expected https:// (or allowHttp: true)')
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`found a URL with ${url.protocol}, expected https://`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new TypeError('found a URL with a user name or password in it, expected none')
  }
  return url
}

function assertAcceptable(statusCode: number, headers: IncomingHttpHeaders): void {
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) {
    throw new JwksError(
      'redirect',
      `found a redirect (status ${statusCode}), which is not followed`
    )
  }
  if (statusCode !== 200) {
    throw new JwksError('status', `found the status ${statusCode}, expected 200`)
  }
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (mediaType === undefined || !MEDIA_TYPES.includes(mediaType)) {
    throw new JwksError('media_type', `expected the content type ${MEDIA_TYPES.join(' or ')}`)
  }
  if (headers['content-encoding'] !== undefined) {
    throw new JwksError('media_type', 'found a content encoding, which was not asked for')
  }
}

/** Counts as the bytes come in: a length in the headers is only a claim. */
async function readBytes(stream: Request, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    if (bytes > maxBytes) {
      throw new JwksError('too_large', `found more than ${maxBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parseBoundedJwkSet(bytes: Buffer, maxKeys: number): readonly Jwk[] {
  let jwks: readonly Jwk[]
  try {
    jwks = parseJwkSet(utf8.decode(bytes))
  } catch (error) {
    const found = error instanceof KeyError ? error.message : 'found text that is not UTF-8'
    throw new JwksError('not_a_jwk_set', found)
  }
  if (jwks.length > maxKeys) {
    throw new JwksError('too_many_keys', `found ${jwks.length} keys, expected at most ${maxKeys}`)
  }
  return jwks
}

/** Takes only code, message and cause from an error of got: the error also holds the whole request, with its URL and headers. */
function explainFailure(error: unknown): JwksError {
  const { code, message, cause } = error as NodeJS.ErrnoException
  if (code === 'ETIMEDOUT') return new JwksError('timeout', 'found no whole reply in time', cause)
  // A host with several addresses, none of which answers, gives an error without a message.
  const found = message === '' ? `found the error ${code}` : message
  return new JwksError(isTlsFailure(error) ? 'tls' : 'unreachable', found, cause)
}
