/** The places of a token in a request, and the reader for those that a route takes it from. */
import { trimBlanks } from '../blanks.ts'
import { ServiceError } from '../errors.ts'
import { hasTwice } from '../json/json-members.ts'
import { JsonTextError, readJsonBytes } from '../json/json-text.ts'
import { readAuthorization, readUnderScheme } from './bearer-token.ts'
import { type Exchange, splitTarget } from './exchange.ts'
import { readForm } from './form.ts'
import { invalidRequest, startsWithBrace } from './json-body.ts'
import { tokensInProtocols } from './websocket-token.ts'

export type TokenPlace =
  | 'header'
  | `header:${string}`
  | `scheme:${string}`
  | 'query'
  | `query:${string}`
  | 'body'
  | `cookie:${string}`
  | 'uri'
  | `uri:${string}`
  | 'websocket'

/** The three ways of RFC 6750, section 2. */
export const BEARER_PLACES: readonly TokenPlace[] = ['header', 'query', 'body']

/** Reads the token. Throws a ServiceError: `missing_token` where there is none, `invalid_request` where it is not clear which one counts. */
export type TokenReader = (exchange: Exchange) => string

/** Finds the tokens in one place. An empty text is not a token. */
interface Finder {
  /** The kind of the place. */
  readonly kind: string
  /** The name of the place in errors. */
  readonly place: string
  readonly find: (exchange: Exchange) => readonly (string | undefined)[]
}

/** The name of the query and form parameter (RFC 6750, sections 2.2 and 2.3). */
export const PARAMETER = 'access_token'

/** The headers in which gateways pass on the URL of a client: Traefik and Caddy, nginx as in its manual, and nginx in Kubernetes. A path with its query, or the whole URL. */
export const URI_HEADERS = ['x-forwarded-uri', 'x-original-uri', 'x-original-url'] as const

/** A configured place: its kind and its name. */
export function partsOf(place: TokenPlace): readonly [kind: string, name: string | undefined] {
  const colon = place.indexOf(':')
  return colon === -1 ? [place, undefined] : [place.slice(0, colon), place.slice(colon + 1)]
}

/**
 * Makes the reader of the one token in a request. It reads all places, even after it has found a token: a request with two tokens
 * means different things to different readers, so it is rejected. One in a header wins over cookies, which browsers add by
 * themselves, while an application sets a header on purpose. A query can be in a link of another site.
 * @param maxDepth levels that the JSON of a body may nest
 */
export function createTokenReader(places: readonly TokenPlace[], maxDepth: number): TokenReader {
  const finders = places.map((place) => createFinder(place, maxDepth))
  const schemes = places.flatMap(schemesOf).join(' or ')

  return function readToken(exchange) {
    let token: string | undefined
    let ofHeader: string | undefined
    const found: Finder[] = []
    for (const finder of finders) {
      for (const one of finder.find(exchange)) {
        if (one === undefined || one === '') continue
        token ??= one
        if (HEADER_KINDS.has(finder.kind)) ofHeader ??= one
        found.push(finder)
      }
    }
    if (token === undefined) {
      const isOther = schemes !== '' && hasScheme(authorizationOf(exchange))
      const advice = `: the Authorization header has another scheme, expected ${schemes}`
      throw new ServiceError(
        'missing_token',
        `no token present in request${isOther ? advice : ''}`,
        {
          status: 401,
          reason: 'missing'
        }
      )
    }
    if (found.length === 1) return token
    if (ofHeader !== undefined && isHeaderAmongCookies(found)) return ofHeader
    // Each place once: a form can repeat the field as often as its size allows.
    const places = [...new Set(found.map(({ place }) => place))].join(', ')
    throw invalidRequest(`more than one token present in request: ${places}`, 'request')
  }
}

/** The schemes of the Authorization header that a place reads, as the configuration writes them. */
function schemesOf(place: TokenPlace): readonly string[] {
  const [kind, name] = partsOf(place)
  if (place === 'header') return ['Bearer']
  return kind === 'scheme' && name !== undefined ? [name] : []
}

/** Whether an Authorization header has a scheme with something after it. */
function hasScheme(authorization: string): boolean {
  return /[ \t]/.test(trimBlanks(authorization))
}

const HEADER_KINDS: ReadonlySet<string> = new Set(['header', 'scheme', 'websocket'])

/** Whether there is one token in a header, and all others are in cookies, each place once. */
function isHeaderAmongCookies(found: readonly Finder[]): boolean {
  const others = found.filter(({ kind }) => kind !== 'cookie')
  return others.length === 1 && new Set(found).size === found.length
}

function createFinder(place: TokenPlace, maxDepth: number): Finder {
  const [kind, name = ''] = partsOf(place)
  return { kind, ...describePlace(kind, name, maxDepth) }
}

function describePlace(kind: string, name: string, maxDepth: number): Omit<Finder, 'kind'> {
  switch (kind) {
    case 'header':
      return name === ''
        ? { place: 'the Authorization header', find: inAuthorization }
        : { place: `the header ${name}`, find: createHeaderFinder(name.toLowerCase()) }
    case 'scheme':
      return { place: `the Authorization header (${name})`, find: createSchemeFinder(name) }
    case 'query':
      return { place: 'the query', find: ({ query }) => inQuery(query, name || PARAMETER) }
    case 'uri':
      return { place: 'the forwarded URI', find: (exchange) => inUris(exchange, name || PARAMETER) }
    case 'websocket':
      return { place: 'the WebSocket protocols', find: inProtocols }
    case 'body':
      return { place: 'the body', find: ({ body }) => inBody(body, maxDepth) }
    default:
      return { place: `the cookie ${name}`, find: (exchange) => inCookies(exchange, name) }
  }
}

/** The Authorization header; empty where it has the API key of the caller, whose token is elsewhere. */
function authorizationOf({ headers, note }: Exchange): string {
  return note.hasKeyInAuthorization === true ? '' : (headers.authorization ?? '')
}

function inAuthorization(exchange: Exchange) {
  return [readAuthorization(authorizationOf(exchange))]
}

/** @param name in lower case. As a Bearer or bare, as in Authorization; Node.js joins fields of one name, so that each line is read */
function createHeaderFinder(name: string): Finder['find'] {
  return function inHeader({ headers, headerLines }) {
    return headers[name] === undefined ? [] : headerLines(name).map(readAuthorization)
  }
}

function createSchemeFinder(scheme: string): Finder['find'] {
  const wanted = scheme.toLowerCase()
  return (exchange) => [readUnderScheme(authorizationOf(exchange), wanted)]
}

function inQuery(query: string, name: string) {
  return query === '' ? [] : new URLSearchParams(query).getAll(name)
}

/**
 * The gateway has to replace the fields of its client: each line of each field counts, so that a client cannot add a second token.
 * Some pass on the same URL in two fields, whose token counts once.
 */
function inUris({ headers, headerLines }: Exchange, parameter: string) {
  const found = URI_HEADERS.filter((name) => headers[name] !== undefined)
    .map((name) => headerLines(name).flatMap((uri) => inQuery(splitTarget(uri).query, parameter)))
    .map((tokens) => [tokens.join(' '), tokens] as const)
  return [...new Map(found).values()].flat()
}

function inProtocols({ headers }: Exchange) {
  const protocols = headers['sec-websocket-protocol']
  return protocols === undefined ? [] : tokensInProtocols(protocols)
}

/** The content shows whether a body is JSON or a form, since clients send wrong content types: no form begins with a brace. */
function inBody(body: Buffer, maxDepth: number) {
  if (body.length === 0) return []
  return startsWithBrace(body) ? [tokenOfJson(body, maxDepth)] : readForm(body).getAll(PARAMETER)
}

function tokenOfJson(body: Buffer, maxDepth: number): string | undefined {
  try {
    const { text, value } = readJsonBytes(body, maxDepth)
    const { token } = value as { token?: unknown }
    if (hasTwice(text, 'token')) {
      throw invalidRequest('more than one token present in request: the body', 'request')
    }
    if (token === undefined || typeof token === 'string') return token
  } catch (error) {
    if (error instanceof JsonTextError) throw invalidRequest(`body is ${error.message}`, 'request')
    throw error
  }
  throw invalidRequest('token in the body is not text', 'request')
}

/** The values of all cookies of a name (RFC 6265, section 4.2.1): one planted by another site comes beside the right one. */
export function inCookies(
  { headers: { cookie } }: Pick<Exchange, 'headers'>,
  name: string
): string[] {
  if (!cookie?.includes(name)) return []
  return cookie.split(';').flatMap((pair) => {
    // A header may have thousands of pairs.
    if (!pair.includes(name)) return []
    const equals = pair.indexOf('=')
    const isNamed = trimBlanks(pair.slice(0, Math.max(equals, 0))) === name
    return isNamed ? unquoted(trimBlanks(pair.slice(equals + 1))) : []
  })
}

/** A value may be in quotes, and some clients write all of them so. */
function unquoted(value: string): string {
  return value.length > 1 && value.startsWith('"') && value.endsWith('"')
    ? value.slice(1, -1)
    : value
}
