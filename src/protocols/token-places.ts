/** The places of a token in a request, and the reader for those that a route takes it from. */
import { ServiceError } from '../errors.ts'
import { JsonTextError, readJsonBytes } from '../json/json-text.ts'
import { readAuthorization } from './bearer-token.ts'
import type { Exchange } from './exchange.ts'
import { readForm } from './form.ts'
import { invalidRequest, startsWithBrace } from './json-body.ts'

export type TokenPlace = 'header' | 'query' | 'body' | `cookie:${string}`

/** The three ways of RFC 6750, section 2. */
export const BEARER_PLACES: readonly TokenPlace[] = ['header', 'query', 'body']

/** Reads the token. Throws a ServiceError: `missing_token` where there is none, `invalid_request` where there is more than one. */
export type TokenReader = (exchange: Exchange) => string

/** Looks for tokens in one place. Nothing that is empty is one. */
interface Finder {
  /** The place, as errors name it. */
  readonly place: string
  readonly find: (exchange: Exchange) => readonly (string | undefined)[]
}

/** The name of the query and form parameter (RFC 6750, sections 2.2 and 2.3). */
const PARAMETER = 'access_token'
const COOKIE_PREFIX = 'cookie:'

/**
 * Makes the reader of the one token in a request. It looks in all places, whichever has a token: a request with two tokens
 * means different things to different readers, so it is rejected.
 * @param maxDepth levels that the JSON of a body may nest
 */
export function createTokenReader(places: readonly TokenPlace[], maxDepth: number): TokenReader {
  const finders = places.map((place) => createFinder(place, maxDepth))

  return function readToken(exchange) {
    let token: string | undefined
    const found: string[] = []
    for (const { place, find } of finders) {
      for (const one of find(exchange)) {
        if (one === undefined || one === '') continue
        token ??= one
        found.push(place)
      }
    }
    if (token === undefined) {
      throw new ServiceError('missing_token', 'no token present in request', {
        status: 401,
        reason: 'missing'
      })
    }
    if (found.length > 1) {
      // Each place once: a form can repeat the field as often as its size allows.
      throw invalidRequest(
        `more than one token present in request: ${[...new Set(found)].join(', ')}`,
        'request'
      )
    }
    return token
  }
}

function createFinder(place: TokenPlace, maxDepth: number): Finder {
  switch (place) {
    case 'header':
      return { place: 'the Authorization header', find: inHeader }
    case 'query':
      return { place: 'the query', find: inQuery }
    case 'body':
      return { place: 'the body', find: ({ body }) => inBody(body, maxDepth) }
    default: {
      const name = place.slice(COOKIE_PREFIX.length)
      return { place: `the cookie ${name}`, find: (exchange) => inCookies(exchange, name) }
    }
  }
}

function inHeader({ headers }: Exchange) {
  return [readAuthorization(headers.authorization ?? '')]
}

function inQuery({ query }: Exchange) {
  return query === '' ? [] : new URLSearchParams(query).getAll(PARAMETER)
}

/** The content shows whether a body is JSON or a form, since clients label them wrongly: no form begins with a brace. */
function inBody(body: Buffer, maxDepth: number) {
  if (body.length === 0) return []
  return startsWithBrace(body) ? [tokenOfJson(body, maxDepth)] : readForm(body).getAll(PARAMETER)
}

function tokenOfJson(body: Buffer, maxDepth: number): string | undefined {
  try {
    const { token } = readJsonBytes(body, maxDepth).value as { token?: unknown }
    if (token === undefined || typeof token === 'string') return token
  } catch (error) {
    if (error instanceof JsonTextError) throw invalidRequest(`body is ${error.message}`, 'request')
    throw error
  }
  throw invalidRequest('token in the body is not text', 'request')
}

/** The values of all cookies of a name (RFC 6265, section 4.2.1): one that another site has planted comes beside the right one. */
function inCookies({ headers: { cookie } }: Exchange, name: string) {
  if (!cookie?.includes(name)) return []
  return cookie.split(';').flatMap((pair) => {
    // A header may have thousands of pairs.
    if (!pair.includes(name)) return []
    const equals = pair.indexOf('=')
    return pair.slice(0, Math.max(equals, 0)).trim() === name ? pair.slice(equals + 1).trim() : []
  })
}
