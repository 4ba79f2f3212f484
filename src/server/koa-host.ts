/** The Koa application: it answers routes with path variables, and requests without a route: 404, 405, and OPTIONS. */
import type { IncomingMessage, RequestListener } from 'node:http'
import Router from '@koa/router'
import Koa, { type Context } from 'koa'
import bodyParser from 'koa-bodyparser'
import { ServiceError } from '../errors.ts'
import { type Exchange, emptyAnswer, splitTarget } from '../protocols/exchange.ts'
import { plainFormat } from '../protocols/operations/route.ts'
import { answerError, type Route } from '../protocols/route.ts'
import { type Account, type ByteBudget, createAccount } from '../remote/byte-budget.ts'
import { toRouterPath } from '../settings/route-paths.ts'
import type { HostParts } from './answer.ts'
import {
  beginBody,
  bodyIncomplete,
  bodyTooLarge,
  createExchange,
  NO_BODY,
  noRoomForBody
} from './exchange.ts'
import { createFindRoute } from './node-host.ts'
import { createWriteAnswer } from './write-answer.ts'

/** Of a target in absolute form (RFC 9112, section 3.2.2), whether it is a URL or not: its scheme and authority. */
const ORIGIN = /^[^/?#]*:\/\/[^/?#]*/

/** Makes the host. Its router has all routes of the listener, also of the other host: a wrong method is a 405. */
export function createKoaHost(
  routes: readonly Route[],
  { answerRoute, readCertificate, readClient, budget, overload, onError }: HostParts
): RequestListener {
  const findGate = createFindRoute(routes.filter(({ methods }) => methods === 'any'))
  // Paths are compared exactly: `/gettoken` and `/getToken/` are other routes than `/getToken`.
  const router = new Router({ sensitive: true, strict: true })
  const readBody = createReadBody(budget)
  const writeAnswer = createWriteAnswer(budget)

  async function answer(
    context: Context,
    route: Route,
    variables: Exchange['variables'] = {}
  ): Promise<void> {
    const { req: request, res: response } = context
    const exchange = createExchange({
      request,
      response,
      variables,
      readBody: (limitBytes) => readBody(context, limitBytes),
      readCertificate,
      readClient
    })
    await writeAnswer(request, response, await answerRoute(route, exchange), exchange.id)
  }

  function answerInTurn(
    context: Context,
    route: Route,
    variables?: Exchange['variables']
  ): Promise<void> {
    // Koa writes nothing by itself. Its router may have set the text of another status.
    context.respond = false
    context.res.statusMessage = ''
    if (!route.isCostly) return answer(context, route, variables)
    const { req: request, res: response } = context
    return new Promise((resolve) => {
      overload.enter({
        route,
        request,
        response,
        work: () => resolve(answer(context, route, variables)),
        dropped: resolve
      })
    })
  }

  for (const route of routes) {
    const { path, methods } = route
    if (methods === 'any') continue
    router.register(toRouterPath(path), [...methods], (context) =>
      answerInTurn(context, route, context.params)
    )
  }

  const app = new Koa()
  // The error of a broken connection is in the log line of its request.
  app.on('error', () => {})
  app.use(async function endFaults(context, next) {
    try {
      await next()
    } catch (error) {
      onError(error as Error)
      context.respond = false
      context.res.destroy()
    }
  })
  app.use(async function answerGatesAndUnmatched(context, next) {
    const { url: target } = context
    const gate = findGate(context.method, splitTarget(target.replace(ORIGIN, '')).path)
    if (gate !== undefined) return answerInTurn(context, gate.route)
    // The router would parse any other target as a URL, and throw where it is not one. The guard rejects it.
    if (target.startsWith('/')) await next()
    if (context.respond === false) return
    await answerInTurn(context, unmatchedRoute(context.status, context.response.get('Allow')))
  })
  app.use(router.routes())
  app.use(router.allowedMethods())
  return app.callback()
}

/** The answer without a route, by the result of the router: its status, and the methods that have a route. */
function unmatchedRoute(status: number, allow: string): Route {
  const route: Route = {
    path: 'none',
    methods: [],
    isCostly: false,
    refuse: ({ note }, cause) => answerError(note, cause, plainFormat.refuse),
    handle(exchange) {
      const headers = { Allow: allow }
      if (status === 200) return emptyAnswer(200, headers)
      return route.refuse(
        exchange,
        status === 404
          ? new ServiceError('not_found', 'No such route.', { status })
          : new ServiceError('method_not_allowed', 'Method not allowed.', { status: 405, headers })
      )
    }
  }
  return route
}

/**
 * A character for each byte, so that nothing is lost. As Buffers the pieces of a body would each cost hundreds of bytes until the
 * last has come, and the client decides how small they are; pieces of text cost next to nothing.
 */
const ENCODING = 'latin1'

/** Makes the reader of bodies with koa-bodyparser, for any content type: `curl -d` sends JSON as a form. */
function createReadBody(
  budget: ByteBudget
): (context: Context, limitBytes: number) => Promise<Buffer> | Buffer {
  // Each route has its own limit, and most have the same.
  const parsers = new Map<number, ReturnType<typeof createParser>>()

  return function readBody(context, limitBytes) {
    const { headers } = context.req
    if (beginBody(context.req, limitBytes) === 0) return NO_BODY
    const parse = parsers.get(limitBytes) ?? createParser(limitBytes)
    parsers.set(limitBytes, parse)
    const { 'content-type': label } = headers
    // A wrong or missing Content-Type does not prevent reading (RFC 9110, section 8.3).
    headers['content-type'] = 'application/octet-stream'
    const { account, noRoom } = countBody(context.req, budget)
    const parsed = parse(context, async () => {
      headers['content-type'] = label
    })
    return Promise.race([parsed, noRoom]).then(
      () => {
        const { body } = context.request
        const bytes = Buffer.from(typeof body === 'string' ? body : '', ENCODING)
        budget.finish(account)
        budget.resize(account, bytes.length)
        return bytes
      },
      (error) => {
        budget.close(account)
        throw error
      }
    )
  }
}

/** Counts the bytes of a body beside its parser, which has only the limit of one body. */
function countBody(
  request: IncomingMessage,
  budget: ByteBudget
): { account: Account; noRoom: Promise<never> } {
  const { promise: noRoom, reject } = withRejection()
  const account = createAccount(stop)

  function count({ length }: Buffer): void {
    budget.watch(account)
    if (!budget.resize(account, account.bytes + length)) stop()
  }
  function stop(): void {
    request.off('data', count)
    request.pause()
    reject(noRoomForBody())
  }

  request.on('data', count)
  return { account, noRoom }
}

function withRejection(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<never>((_resolve, rejectPromise) => {
    reject = rejectPromise
  })
  return { promise, reject }
}

function createParser(limitBytes: number) {
  return bodyParser({
    enableTypes: ['text'],
    extendTypes: { text: ['*/*'] },
    textLimit: String(limitBytes),
    onerror: throwBodyError,
    ...{ encoding: ENCODING }
  })
}

function throwBodyError(cause: Error): never {
  throw 'type' in cause && cause.type === 'entity.too.large' ? bodyTooLarge() : bodyIncomplete()
}
