/** The host on node:http: it answers routes whose path is plain text, and gates. It leaves all other requests to the host behind it. */
import type { RequestListener, ServerResponse } from 'node:http'
import type { Answer } from '../protocols/exchange.ts'
import type { Route } from '../protocols/route.ts'
import { variablesIn } from '../settings/route-paths.ts'
import type { HostParts } from './answer.ts'
import { createExchange, splitTarget } from './exchange.ts'
import { readBody } from './read-body.ts'

export interface NodeHostOptions extends HostParts {
  /** Answers the requests that are for none of the routes. */
  readonly fallback: RequestListener
}

/** A route that was found for a request, and the path variables of the request. */
interface FoundRoute {
  readonly route: Route
  readonly variables: Readonly<Record<string, string>>
}

/** Finds the route for a request, by its method and path as they were sent. */
export type FindRoute = (method: string, path: string) => FoundRoute | undefined

/** Makes the host. */
export function createNodeHost(
  findRoute: FindRoute,
  { answerRoute, readCertificate, budget, overload, onError, fallback }: NodeHostOptions
): RequestListener {
  return function answerOnNode(request, response) {
    const { path } = splitTarget(request.url ?? '')
    const found = findRoute(request.method ?? '', path)
    if (found === undefined) return fallback(request, response)
    const { route } = found
    if (route.isCostly && !overload.admit()) return overload.reject(route, request, response)
    try {
      const exchange = createExchange({
        request,
        response,
        variables: found.variables,
        readBody: (limitBytes) => readBody(request, limitBytes, budget),
        readCertificate
      })
      const answer = answerRoute(route, exchange)
      if (answer instanceof Promise) {
        answer.then((awaited) => writeAnswer(response, awaited, exchange.id)).catch(fail)
      } else writeAnswer(response, answer, exchange.id)
    } catch (error) {
      fail(error as Error)
    }

    /** Errors of a route are answers already. This is a fault of the program: nothing of it may reach the client. */
    function fail(error: Error): void {
      onError(error)
      response.destroy()
    }
  }
}

/**
 * Makes the function that finds routes on this host: those whose path has no variables, by method and path, and gates, by the tree of
 * paths that they answer for. A gate goes first: a proxy would take the 200 of another route below it for permission. Paths are
 * compared as they were sent, so no `..` and no escape leads out of the tree.
 */
export function createFindRoute(routes: readonly Route[]): FindRoute {
  const gates = routes
    .filter(({ methods }) => methods === 'any')
    .map((route) => ({
      path: route.path,
      below: route.path.endsWith('/') ? route.path : `${route.path}/`,
      found: { route, variables: {} }
    }))
  const plain = new Map<string, FoundRoute>()
  for (const route of routes) {
    const { path, methods } = route
    if (methods === 'any' || variablesIn(path).length > 0) continue
    for (const method of methods.includes('GET') ? [...methods, 'HEAD'] : methods) {
      const name = `${method} ${path}`
      if (!plain.has(name)) plain.set(name, { route, variables: {} })
    }
  }

  return function findRoute(method, path) {
    for (const gate of gates) {
      if (path === gate.path || path.startsWith(gate.below)) return gate.found
    }
    return plain.get(`${method} ${path}`)
  }
}

/** Statuses whose answers have no content (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5). */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304])

/** The one place that writes an answer to node:http. Node.js leaves out the body of an answer to HEAD. */
function writeAnswer(response: ServerResponse, answer: Answer, id: string): void {
  const { status, body } = answer
  if (WITHOUT_CONTENT.has(status)) {
    const { 'Content-Type': _, ...headers } = answer.headers
    response.writeHead(status, { 'X-Request-Id': id, ...(headers as Record<string, string>) }).end()
    return
  }
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
  response.writeHead(status, {
    'X-Request-Id': id,
    ...(answer.headers as Record<string, string>),
    'Content-Length': length
  })
  response.end(body)
}
