/** The Koa application: it answers routes with path variables, and everything that is no route: 404, 405, and OPTIONS. */
import type { IncomingMessage, RequestListener } from 'node:http'
import Router from '@koa/router'
import Koa, { type Context } from 'koa'
import bodyParser from 'koa-bodyparser'
import { ServiceError } from '../errors.ts'
import { type Answer, type Exchange, emptyAnswer } from '../protocols/exchange.ts'
import { plainFormat } from '../protocols/operations/route.ts'
import { answerError, type Route } from '../protocols/route.ts'
import { type Account, type ByteBudget, createAccount } from '../remote/byte-budget.ts'
import { toRouterPath } from '../settings/route-paths.ts'
import type { HostParts } from './answer.ts'
import {
  bodyIncomplete,
  bodyTooLarge,
  createExchange,
  hasBody,
  NO_BODY,
  noRoomForBody
} from './exchange.ts'
import { createFindRoute } from './node-host.ts'

/** Makes the host. Its router knows all routes of the listener, also those of another host: a wrong method is a 405. */
export function createKoaHost(
  routes: readonly Route[],
  { answerRoute, readCertificate, budget, overload, onError }: HostParts
): RequestListener {
  const findGate = createFindRoute(routes.filter(({ methods }) => methods === 'any'))
  // Paths are compared letter by letter: `/gettoken` and `/getToken/` are other routes than `/getToken`.
  const router = new Router({ sensitive: true, strict: true })
  const readBody = createReadBody(budget)

  async function answer(
    context: Context,
    route: Route,
    variables: Exchange['variables'] = {}
  ): Promise<void> {
    if (route.isCostly && !overload.admit()) {
      context.state.isAnswered = true
      context.respond = false
      return overload.reject(route, context.req, context.res)
    }
    const exchange = createExchange({
      request: context.req,
      response: context.res,
      variables,
      readBody: (limitBytes) => readBody(context, limitBytes),
      readCertificate
    })
    writeAnswer(context, await answerRoute(route, exchange), exchange.id)
  }

  for (const route of routes) {
    const { path, methods } = route
    if (methods === 'any') continue
    router.register(toRouterPath(path), [...methods], (context) =>
      answer(context, route, context.params)
    )
  }

  const app = new Koa()
  app.on('error', onError)
  app.use(async function answerGatesAndUnmatched(context, next) {
    const gate = findGate(context.method, context.path)
    if (gate !== undefined) return answer(context, gate.route)
    await next()
    if (context.headerSent || context.state.isAnswered === true) return
    await answer(context, unmatchedRoute(context.status, context.response.get('Allow')))
  })
  app.use(router.routes())
  app.use(router.allowedMethods())
  return app.callback()
}

/** What is answered where no route is, by the verdict of the router: its status, and the methods that would have a route. */
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

/** Makes the reader of bodies by koa-bodyparser, whatever their label: `curl -d` labels JSON as a form. */
function createReadBody(
  budget: ByteBudget
): (context: Context, limitBytes: number) => Promise<Buffer> | Buffer {
  // Each route has a limit of its own, and most have the same.
  const parsers = new Map<number, ReturnType<typeof createParser>>()

  return function readBody(context, limitBytes) {
    const { headers } = context.req
    if (!hasBody(headers)) return NO_BODY
    const parse = parsers.get(limitBytes) ?? createParser(limitBytes)
    parsers.set(limitBytes, parse)
    const { 'content-type': label } = headers
    // A wrong or missing label keeps no body from being read (RFC 9110, section 8.3).
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

/** Counts the bytes of a body beside its parser, which knows no other limit than that of one body. */
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

/** The one place that writes an answer to Koa. */
function writeAnswer(context: Context, { status, headers, body }: Answer, id: string): void {
  context.state.isAnswered = true
  context.status = status
  context.set('X-Request-Id', id)
  context.body = body
  // Koa guesses a type of its own where there is none.
  context.remove('Content-Type')
  context.set(headers as Record<string, string | string[]>)
}
