import Router from '@koa/router'
import test from 'ava'
import Koa from 'koa'
import { createExactRoutes } from '../../src/server/exact-routes.ts'
import { listen } from '../../src/server/listen.ts'
import type { RequestState } from '../../src/server/request-state.ts'
import { send } from '../helpers/http.ts'

const TIMEOUTS = { headers: 5000, request: 5000, keepAlive: 1000, drain: 0, shutdown: 0 }

test('routes without parameters are found by themselves, and all else is left to the router', async (t) => {
  const router = new Router<RequestState>({ sensitive: true, strict: true })
  router.get(
    '/plain',
    (context, next) => {
      context.set('X-Step', 'first')
      return next()
    },
    (context) => {
      context.body = 'plain'
    }
  )
  router.get('/plain', (context) => {
    context.body = 'the second of two'
  })
  router.get('/with/:name', (context) => {
    context.body = 'with a name'
  })
  const app = new Koa<RequestState>()
  app.use(createExactRoutes(router))
  app.use((context) => {
    context.body = `left: ${context.method} ${context.path}`
  })
  const listener = await listen(app.callback(), { host: '127.0.0.1', port: 0, timeouts: TIMEOUTS })
  t.teardown(() => listener.stop(0))
  const url = `http://127.0.0.1:${listener.port}`

  const plain = await send(`${url}/plain?query`)
  t.is(plain.text, 'plain')
  t.is(plain.headers['x-step'], 'first')
  t.is((await send(`${url}/plain/`)).text, 'left: GET /plain/')
  t.is((await send(`${url}/Plain`)).text, 'left: GET /Plain')
  t.is((await send(`${url}/with/x`)).text, 'left: GET /with/x')
  t.is((await send(`${url}/plain`, { method: 'POST' })).text, 'left: POST /plain')
})
