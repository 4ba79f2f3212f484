/** Fetches a JWK Set (RFC 7517, section 5), or a JWK by itself, over HTTP, within bounds of time and size. */
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import type { Request, Response } from 'got'
import { createAgents } from '../../remote/proxy/agents.ts'
import { type ProxyFor, readProxies } from '../../remote/proxy/proxies.ts'
import { describeConnectionError, isTlsFailure } from '../../remote/remote-errors.ts'
import {
  type BodyLabels,
  decodeBody,
  IDENTITY,
  MAX_HEADER_BYTES,
  ReplyBodyError
} from '../../remote/reply-body.ts'
import { createTlsOptions, type TlsSettings } from '../../remote/tls-options.ts'
import { KeyError } from '../key-error.ts'
import { type Jwk, parseJwks } from '../material/jwk.ts'
import { discoverJwksUri } from './discover.ts'
import { JwksError } from './jwks-error.ts'

export interface FetchJwksOptions {
  /** The URL of the set; with `issuers` the URL of the issuer, whose metadata leads to the set. */
  readonly url: string
  /** The allowed names of the issuer in its metadata. Left out where the URL is the URL of the set. */
  readonly issuers?: readonly string[] | undefined
  readonly allowHttp: boolean
  readonly tls: TlsSettings | undefined
  /** The setting that names a proxy, or none. */
  readonly proxy?: string | undefined
  /** The proxy of requests. Default: by its setting. */
  readonly proxyFor?: ProxyFor | undefined
  /** For the whole fetch, from the name look-up to the last byte. */
  readonly timeoutMs: number
  readonly maxBytes: number
  readonly maxKeys: number
  readonly now: () => number
}

export interface JwksReply {
  /** Undefined when the set still has the `etag` of the request. */
  readonly jwks: readonly Jwk[] | undefined
  readonly etag: string | undefined
  /** How long the headers let it be cached, from the request on; undefined when they do not limit it. */
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

/**
 * RFC 7517, section 8.5, and what most servers send in its place. Any label is taken: buckets and static hosts have labels of their own, and
 * the content shows what it is.
 */
const ACCEPT = 'application/jwk-set+json, application/json, application/jwk+json, */*;q=0.1'

/** The metadata of issuers. */
const JSON_ONLY = 'application/json'
const NOTHING = Buffer.alloc(0)

interface GetOptions {
  readonly signal: AbortSignal
  /** The deadline for the whole document, by the clock of `performance`. */
  readonly endsAt: number
  readonly accept: string
  readonly etag?: string | undefined
}

interface Document {
  readonly headers: IncomingHttpHeaders
  /** Undefined where the entity tag is unchanged. */
  readonly bytes: Buffer | undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Checks the options and makes the function that fetches.
 * @throws TypeError for a URL that may not be fetched, and for TLS settings that cannot be used
 */
export function createFetchJwks(options: FetchJwksOptions): FetchJwks {
  const {
    timeoutMs,
    maxBytes,
    maxKeys,
    now,
    issuers,
    allowHttp,
    proxy,
    proxyFor = readProxies({})
  } = options
  const url = parseJwksUrl(options.url, allowHttp)
  const tlsOptions = createTlsOptions(options.tls)
  // Its own agents, without keep-alive: minutes pass between two calls, and no other call shares its pins.
  const agentFor = (to: URL) =>
    createAgents({ tls: tlsOptions, keepAlive: false, proxy: proxyFor(to, proxy), timeoutMs })
  /** The URL of the set that the caller may still have. */
  let knownPlace = issuers === undefined ? url.href : ''

  return async function fetchJwks(etag, signal) {
    try {
      return await request(etag, signal)
    } catch (error) {
      return error instanceof JwksError ? error : explainFailure(error)
    }
  }

  async function request(etag: string | undefined, signal: AbortSignal): Promise<JwksReply> {
    const endsAt = performance.now() + timeoutMs
    const place = await locate({ signal, endsAt })
    const known = place.href === knownPlace ? etag : undefined
    const sentAt = now()
    const [{ freshnessLifetime }, { headers, bytes }] = await Promise.all([
      import('./jwks-freshness.ts'),
      get(place, { signal, endsAt, accept: ACCEPT, etag: known })
    ])
    const lifetimeMs = freshnessLifetime(headers, sentAt)
    if (bytes === undefined) return { jwks: undefined, etag: headers.etag ?? etag, lifetimeMs }
    const jwks = parseBoundedJwkSet(bytes, maxKeys)
    knownPlace = place.href
    return { jwks, etag: headers.etag, lifetimeMs }
  }

  /** Where the set is. The metadata of an issuer is fetched each time: it may lead elsewhere by now. */
  async function locate(within: Pick<GetOptions, 'signal' | 'endsAt'>): Promise<URL> {
    if (issuers === undefined) return url
    const uri = await discoverJwksUri(url, issuers, async (metadata) => {
      const { bytes = NOTHING } = await get(metadata, { ...within, accept: JSON_ONLY })
      return bytes
    })
    try {
      return parseJwksUrl(uri, allowHttp)
    } catch (error) {
      throw new JwksError('metadata', `jwks_uri: ${(error as Error).message}`)
    }
  }

  /** Gets a document. There are no bytes where the entity tag is unchanged. */
  async function get(from: URL, { signal, endsAt, accept, etag }: GetOptions): Promise<Document> {
    // It takes a tenth of a second to load, so only a service that has such a set pays for it.
    const { got } = await import('got')
    const stream = got.stream(from, {
      agent: agentFor(from),
      signal,
      headers: {
        accept,
        'accept-encoding': IDENTITY,
        'user-agent': 'txtoken',
        ...(etag !== undefined && { 'if-none-match': etag })
      },
      timeout: { request: Math.max(1, endsAt - performance.now()) },
      followRedirect: false,
      throwHttpErrors: false,
      decompress: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Of a length beside chunks.
      strictContentLength: true
    })
    // For moments it has no other listener, and an error would then end the process.
    stream.on('error', () => {})
    try {
      const [response] = (await once(stream, 'response')) as [Response]
      const { headers, statusCode } = response
      if (statusCode === 304 && etag !== undefined) return { headers, bytes: undefined }
      assertAcceptable(statusCode)
      return { headers, bytes: await decode(await readBytes(stream, maxBytes), headers, maxBytes) }
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

function assertAcceptable(statusCode: number): void {
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) {
    throw new JwksError(
      'redirect',
      `found a redirect (status ${statusCode}), which is not followed`
    )
  }
  if (statusCode !== 200) {
    throw new JwksError('status', `found the status ${statusCode}, expected 200`)
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

async function decode(bytes: Buffer, labels: BodyLabels, maxBytes: number): Promise<Buffer> {
  try {
    return await decodeBody(bytes, labels, maxBytes)
  } catch (error) {
    if (!(error instanceof ReplyBodyError)) throw error
    throw new JwksError('media_type', error.message)
  }
}

function parseBoundedJwkSet(bytes: Buffer, maxKeys: number): readonly Jwk[] {
  let jwks: readonly Jwk[]
  try {
    jwks = parseJwks(utf8.decode(bytes)).jwks
  } catch (error) {
    const found = error instanceof KeyError ? error.message : 'found text that is not UTF-8'
    throw new JwksError('not_a_jwk_set', found)
  }
  if (jwks.length > maxKeys) {
    throw new JwksError('too_many_keys', `found ${jwks.length} keys, expected at most ${maxKeys}`)
  }
  return jwks
}

/** Keeps only code, message and cause of an error of got, which also holds the whole request, with its URL and headers. */
function explainFailure(error: unknown): JwksError {
  const { code, message, cause } = error as NodeJS.ErrnoException
  if (code === 'ETIMEDOUT') return new JwksError('timeout', 'found no whole reply in time', cause)
  // For a host with several addresses, none of which answers, the error has no message.
  const found = message === '' ? `found the error ${code}` : describeConnectionError(error as Error)
  return new JwksError(isTlsFailure(error) ? 'tls' : 'unreachable', found, cause)
}
