/** CORS (Fetch standard, section 3.3): pages of which origins may read the answers of a listener, and what they may send. */
import type { IncomingMessage, RequestListener } from 'node:http'
import type { CorsConfig } from '../config/cors.ts'
import { crossSite } from '../errors.ts'
import { type Answer, emptyAnswer, splitTarget } from '../protocols/exchange.ts'
import { plainFormat } from '../protocols/operations/route.ts'
import { createRoute, type Route } from '../protocols/route.ts'
import { createMatchOrigin, EVERY_ORIGIN, type MatchOrigin } from '../settings/origins.ts'
import { variablesIn } from '../settings/route-paths.ts'
import type { HostParts } from './answer.ts'
import { createFindRoute, createNodeHost } from './node-host.ts'

/** Header fields of an answer that scripts may read (Fetch standard, section 3.3.3). */
const EXPOSED = 'X-Request-Id, Retry-After'
/** Header fields that scripts may always send (`headers` adds to them): for JSON, tokens, and a request id. */
const ACCEPTED = ['authorization', 'content-type', 'x-request-id']

/** Methods that read what a route publishes. */
const READING = ['GET', 'HEAD']
/** How long browsers may keep a preflight of a public route on a listener without `cors`, in seconds: the default of `cors`. */
const OPEN_MAX_AGE = 600

export interface CorsOptions<Cors = CorsConfig> {
  readonly cors: Cors
  /** All routes of the listener. */
  readonly routes: readonly Route[]
  readonly parts: HostParts
}

/**
 * Sets the fields ahead of both hosts, so that every answer has them: errors, 404 and 405, and answers prepared for
 * overload. Preflights are answered here, for every path but those that {@link withOpenPreflights} answers. Gates are left out: they are
 * called for requests of other clients.
 */
export function withCors(
  listener: RequestListener,
  { cors, routes, parts }: CorsOptions
): RequestListener {
  const isForEverybody = cors.origins.includes(EVERY_ORIGIN)
  const matches = createMatchOrigin(cors.origins)
  const isAllowed = (origin: string | undefined) =>
    isForEverybody || (origin !== undefined && matches(origin))
  const findGate = createFindRoute(routes.filter(({ methods }) => methods === 'any'))
  const isOpen = createIsOpenPreflight(routes)
  const preflight = createPreflightRoute(cors, routes, isAllowed)
  const answerPreflight = createNodeHost(() => ({ route: preflight, variables: {} }), {
    ...parts,
    fallback: listener
  })

  return function answerWithCors(request, response) {
    const { method = '', url = '', headers } = request
    if (findGate(method, splitTarget(url).path) !== undefined) return listener(request, response)
    const { origin } = headers
    // A cache must not give the answer for one origin to another, or to a request without one.
    if (!isForEverybody) response.setHeader('Vary', 'Origin')
    if (isAllowed(origin)) {
      response.setHeader('Access-Control-Allow-Origin', isForEverybody ? '*' : (origin ?? ''))
      if (cors.credentials) response.setHeader('Access-Control-Allow-Credentials', 'true')
      response.setHeader('Access-Control-Expose-Headers', EXPOSED)
    }
    if (isPreflight(request) && !isOpen(request)) answerPreflight(request, response)
    else listener(request, response)
  }
}

/**
 * Answers the preflights of pages that read what a route publishes, with and without `cors`: a page that sends a `Content-Type` or a
 * `traceparent` has to ask first. Any header field may be sent, since these routes depend on none that is secret.
 */
export function withOpenPreflights(
  listener: RequestListener,
  { cors, routes, parts }: CorsOptions<CorsConfig | undefined>
): RequestListener {
  if (!routes.some(({ isPublic }) => isPublic === true)) return listener
  const isOpen = createIsOpenPreflight(routes)
  const route = readableFromEverywhere(createOpenPreflightRoute(cors), createTrustOrigin(cors))
  const answerPreflight = createNodeHost(() => ({ route, variables: {} }), {
    ...parts,
    fallback: listener
  })

  return function answerOpenPreflights(request, response) {
    if (isPreflight(request) && isOpen(request)) answerPreflight(request, response)
    else listener(request, response)
  }
}

/** The `Origin` fields that may set cookies: only configured origins. Reading answers by anyone does not make an origin trusted. */
export function createTrustOrigin(cors: CorsConfig | undefined): MatchOrigin {
  return createMatchOrigin(cors?.origins ?? [])
}

function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}

/** Makes the function that finds preflights of requests that read what a route publishes. */
function createIsOpenPreflight(routes: readonly Route[]): (request: IncomingMessage) => boolean {
  const patterns = routes.flatMap(({ path, isPublic }) =>
    isPublic === true ? [path.split('/')] : []
  )

  return function isOpenPreflight({ url = '', headers }) {
    if (!READING.includes(String(headers['access-control-request-method']))) return false
    const segments = splitTarget(url).path.split('/')
    return patterns.some(
      (pattern) =>
        pattern.length === segments.length &&
        pattern.every((part, index) =>
          variablesIn(part).length > 0 ? segments[index] !== '' : segments[index] === part
        )
    )
  }
}

/** Names of header fields (RFC 9110, section 5.6.2) with commas between them. */
const NAMES = /^[\w!#$%&'*+.^`|~, \t-]+$/

/** Answers preflights of public routes: what was asked is allowed. */
function createOpenPreflightRoute({ maxAge = OPEN_MAX_AGE }: Partial<CorsConfig> = {}): Route {
  return createRoute({
    path: 'none',
    format: { ...plainFormat, methods: ['OPTIONS'] },
    respond({ headers: { 'access-control-request-headers': asked = '' } }) {
      return emptyAnswer(204, {
        Vary: 'Origin, Access-Control-Request-Headers',
        'Access-Control-Allow-Methods': READING.join(', '),
        ...(NAMES.test(asked) && { 'Access-Control-Allow-Headers': asked }),
        'Access-Control-Max-Age': String(maxAge)
      })
    }
  })
}

/** Answers preflights. One of another origin is also logged as an error: browsers hardly show why a request failed. */
function createPreflightRoute(
  { headers, maxAge }: CorsConfig,
  routes: readonly Route[],
  isAllowed: (origin: string | undefined) => boolean
): Route {
  const methods = new Set(routes.flatMap(({ methods }) => (methods === 'any' ? [] : methods)))
  if (methods.has('GET')) methods.add('HEAD')
  const answer = emptyAnswer(204, {
    'Access-Control-Allow-Methods': [...methods].join(', '),
    'Access-Control-Allow-Headers': [...new Set([...ACCEPTED, ...headers])].join(', '),
    'Access-Control-Max-Age': String(maxAge)
  })
  return createRoute({
    path: 'none',
    format: { ...plainFormat, methods: ['OPTIONS'] },
    respond(exchange) {
      if (!isAllowed(exchange.headers.origin)) throw crossSite('Origin is not allowed.')
      return answer
    }
  })
}

/**
 * Lets pages of every origin read what a route publishes. The fields of the listener stay where they name an origin: `*` is never
 * beside credentials.
 */
export function readableFromEverywhere(route: Route, isTrusted: MatchOrigin): Route {
  const everywhere = { 'Access-Control-Allow-Origin': '*' }
  return {
    ...route,
    handle(exchange) {
      const { origin } = exchange.headers
      const answered = route.handle(exchange)
      if (origin !== undefined && isTrusted(origin)) return answered
      return answered instanceof Promise ? answered.then(open) : open(answered)
    }
  }

  function open(answer: Answer): Answer {
    return { ...answer, headers: { ...everywhere, ...answer.headers } }
  }
}
