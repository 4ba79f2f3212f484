import { writeFile } from 'node:fs/promises'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { pino } from 'pino'
import {
  ConfigError,
  type ConfigInput,
  createApp,
  type EmbeddedAppOptions
} from '../../src/index.ts'
import { flatConfig } from '../helpers/config-texts.ts'
import { eventually } from '../helpers/eventually.ts'
import { writeConfig } from '../helpers/folder.ts'
import { post, send, serve } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import type { LogLine } from '../helpers/service.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

/** A configuration that needs no remote: every client gets the same claims. */
const CONFIG = {
  keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
  routes: [
    { issue: '/auth/token', claims: [{ from: 'fixed', set: { source: 'test' } }] },
    { check: '/auth/check', verify: [{ keys: 'all' }] }
  ]
} satisfies ConfigInput

function createLog() {
  const lines: LogLine[] = []
  const logger = pino({ level: 'error' }, { write: (line) => void lines.push(JSON.parse(line)) })
  return { lines, logger }
}

async function start(t: ExecutionContext, options: EmbeddedAppOptions) {
  const { logger } = createLog()
  const app = await createApp({ env: { ENC_KEY }, logger, ...options })
  t.teardown(app.close)
  return app
}

test('the callback works with a node:http server', async (t) => {
  const app = await start(t, { config: CONFIG })
  const url = await serve(t, app.callback())
  const { status, text } = await post(`${url}/auth/token`, '{}')
  t.is(status, 200)
  const checked = await post(`${url}/auth/check`, text)
  t.is(JSON.parse(checked.text).Claims.source, 'test')
  t.is((await send(`${url}/livez`)).status, 200)
})

test('another Koa application passes its requests on, and answers the rest itself', async (t) => {
  const answer = (await start(t, { config: CONFIG })).callback()
  const outer = new Koa()
  outer.use(async (context, next) => {
    if (!context.path.startsWith('/auth/')) return next()
    context.respond = false
    answer(context.req, context.res)
  })
  outer.use((context) => {
    context.body = 'outer'
  })
  const url = await serve(t, outer.callback())
  t.is((await send(`${url}/livez`)).text, 'outer')
  const { status, text } = await post(`${url}/auth/token`, '{}')
  t.is(status, 200)
  t.is((await post(`${url}/auth/check`, text)).status, 200)
  t.is((await send(`${url}/auth/none`)).status, 404)
})

test('the configuration may be a file, also in the flat form', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const app = await start(t, { configFile: await writeConfig(t, flatConfig(remote.url)) })
  const url = await serve(t, app.callback())
  t.is((await post(`${url}/getToken`, '{}')).status, 200)
  t.is(remote.requests.length, 1)
})

test('the configuration may be YAML text', async (t) => {
  const app = await start(t, { config: flatConfig('http://127.0.0.1:1/') })
  const url = await serve(t, app.callback())
  t.is(
    (await post(`${url}/checkToken`, JSON.stringify({ token: makeToken('{"exp":4102444800}') })))
      .status,
    200
  )
})

test('each listener of the configuration has its own callback', async (t) => {
  const app = await start(t, { config: { ...CONFIG, listen: { admin: {} } } })
  const main = await serve(t, app.callback('main'))
  const admin = await serve(t, app.callback('admin'))
  t.is((await send(`${main}/livez`)).status, 404)
  t.is((await send(`${admin}/livez`)).status, 200)
  t.throws(() => app.callback('other'), {
    instanceOf: TypeError,
    message: 'no listener "other", expected main, admin'
  })
})

test('a reload swaps in the changed file behind the same callback', async (t) => {
  const configFile = await writeConfig(t, flatConfig('http://127.0.0.1:1/'))
  const app = await start(t, { configFile })
  const url = await serve(t, app.callback())
  await writeFile(configFile, flatConfig('http://127.0.0.1:1/', { checkTokenRoute: '/new' }))
  await app.reload()
  const authorization = `Bearer ${makeToken('{"exp":4102444800}')}`
  t.is((await send(`${url}/new`, { headers: { authorization } })).status, 200)
  t.is((await send(`${url}/checkToken`, { headers: { authorization } })).status, 404)
})

test('it logs to the logger of the embedding program, whose own level stays', async (t) => {
  const { lines, logger } = createLog()
  const app = await start(t, { config: CONFIG, logger })
  const url = await serve(t, app.callback())
  await post(`${url}/auth/token`, '{}')
  await eventually(() => lines.some(({ msg }) => msg === 'request'))
  t.is(logger.level, 'error')
})

test('the clock comes from the embedding program', async (t) => {
  const app = await start(t, { config: CONFIG, now: () => 5_000_000 })
  const url = await serve(t, app.callback())
  const authorization = `Bearer ${makeToken('{"exp":5001}')}`
  t.is((await send(`${url}/auth/check`, { headers: { authorization } })).status, 200)
})

test('close waits for requests in flight', async (t) => {
  const remote = await startRemote(t, (response) => {
    setTimeout(() => response.end('{"id":1}'), 50)
  })
  const app = await start(t, { config: flatConfig(remote.url) })
  const url = await serve(t, app.callback())
  const asked = remote.asked()
  const answer = post(`${url}/getToken`, '{}')
  await asked
  await app.close()
  t.is((await answer).status, 200)
})

test('an invalid configuration does not start, and all problems are reported', async (t) => {
  const error = await t.throwsAsync(createApp({ config: { keys: [], routes: [] } }), {
    instanceOf: ConfigError
  })
  t.is((error as ConfigError).problems.length, 2)
  for (const options of [{}, { config: CONFIG, configFile: 'x' }]) {
    await t.throwsAsync(createApp(options), {
      instanceOf: TypeError,
      message: 'expected exactly one of configFile and config'
    })
  }
})
