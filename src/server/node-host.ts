/** The host on node:http: it answers routes with a fixed path, and gates. It leaves all other requests to the host behind it. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { type Answer, splitTarget } from '../protocols/exchange.ts'
import type { Route } from '../protocols/route.ts'
import { variablesIn } from '../settings/route-paths.ts'
import type { HostParts } from './answer.ts'
import { createExchange } from './exchange.ts'
import { readBody } from './read-body.ts'
import { createWriteAnswer } from './write-answer.ts'

export interface NodeHostOptions extends HostParts {
  /** Answers the requests that are for none of the routes. */
  readonly fallback: RequestListener
}

/** The route of a request, and its path variables. */
interface FoundRoute {
  readonly route: Route
  readonly variables: Readonly<Record<string, string>>
}

/** Finds the route of a request, by its method and path as sent. */
export type FindRoute = (method: string, path: string) => FoundRoute | undefined

/** Makes the host. */
export function createNodeHost(
  findRoute: FindRoute,
  { answerRoute, readCertificate, readClient, budget, overload, onError, fallback }: NodeHostOptions
): RequestListener {
  const writeAnswer = createWriteAnswer(budget)

  return function answerOnNode(request, response) {
    const { path } = splitTarget(request.url ?? '')
    const found = findRoute(request.method ?? '', path)
    if (found === undefined) return fallback(request, response)
    const { route } = found
    if (!route.isCostly) return answer(found, request, response)
    overload.enter({
      route,
      request,
      response,
      work: () => answer(found, request, response),
      dropped: () => {}
    })
  }

  function answer(found: FoundRoute, request: IncomingMessage, response: ServerResponse): void {
    try {
      const exchange = createExchange({
        request,
        response,
        variables: found.variables,
        readBody: (limitBytes) => readBody(request, limitBytes, budget),
        readCertificate,
        readClient
      })
      const write = (answer: Answer) => writeAnswer(request, response, answer, exchange.id)
      const answer = answerRoute(found.route, exchange)
      if (answer instanceof Promise) answer.then(write).catch(fail)
      else write(answer)?.catch(fail)
    } catch (error) {
      fail(error as Error)
    }

    /** Errors of a route are answers already. This is a bug of the program: nothing of it may reach the client. */
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
