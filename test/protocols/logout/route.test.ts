import test, { type ExecutionContext } from 'ava'
import { runCommand } from '../../helpers/command-line.ts'
import { parse, problemsOf } from '../../helpers/config.ts'
import { writeConfig } from '../../helpers/folder.ts'
import { post, send } from '../../helpers/http.ts'
import { samplesOf, scrape } from '../../helpers/metrics.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY, makeToken } from '../../helpers/tokens.ts'

const KEYS = [{ alg: 'HS256', secret: '${ENC_KEY}' }]
const CHECK = { check: '/check', token: ['header', 'cookie:token'], verify: [{ keys: 'all' }] }
const COOKIE = { name: 'token', sameSite: 'Lax', path: '/', domain: 'example.com' }

async function start(
  t: ExecutionContext,
  more: object = { revocation: { store: 'memory' } },
  refreshes = 'revocation' in more
) {
  const remote = await startRemote(t, replying('{"id":1}'))
  const claims = [{ from: 'remote', url: remote.url, at: 'data' }]
  const refresh = { route: '/refresh', recheck: new URL('/recheck', remote.url).href }
  const service = await startService(t, {
    config: JSON.stringify({
      keys: KEYS,
      routes: [
        {
          issue: '/login',
          claims,
          cookie: COOKIE,
          ...(refreshes && { refresh })
        },
        CHECK,
        { logout: '/logout' }
      ],
      ...more
    })
  })
  const { url } = service
  return {
    ...service,
    async login() {
      const { text } = await post(`${url}/login`, '{}')
      return JSON.parse(text) as { token: string; refresh_token: string }
    },
    check: async (token: string) =>
      (await send(`${url}/check`, { headers: { cookie: `token=${token}` } })).status,
    logout: (cookie?: string) =>
      send(`${url}/logout`, { method: 'POST', headers: cookie === undefined ? {} : { cookie } })
  }
}

test('a logout clears the cookie with the attributes that it was set with, and revokes its token', async (t) => {
  const { url, login, check, logout } = await start(t)
  const [{ token }, { token: other }] = [await login(), await login()]
  const answer = await logout(`theme=dark; token=${token}`)
  t.is(answer.status, 204)
  t.is(answer.text, '')
  t.is(answer.headers['cache-control'], 'no-store')
  t.deepEqual(answer.headers['set-cookie'], [
    'token=; Max-Age=0; Path=/; Domain=example.com; Secure; HttpOnly; SameSite=Lax'
  ])
  t.is(await check(token), 401)
  t.is(await check(other), 200)
  const revoked = samplesOf(await scrape(url), 'txtoken_revocations_total')
  t.deepEqual(Object.values(revoked), [1])
})

test('a logout revokes the token of a cookie in quotes too', async (t) => {
  const { login, check, logout } = await start(t)
  const { token } = await login()
  t.is((await logout(`token="${token}"`)).status, 204)
  t.is(await check(token), 401)
})

test('a logout ends the refresh tokens of the same login alone', async (t) => {
  const { url, login, logout } = await start(t)
  const [one, other] = [await login(), await login()]
  t.is((await logout(`token=${one.token}`)).status, 204)
  const refresh = (token: string) => post(`${url}/refresh`, `refresh_token=${token}`)
  t.is((await refresh(one.refresh_token)).status, 400)
  t.is((await refresh(other.refresh_token)).status, 200)
})

test('a logout clears the cookie, whatever its value', async (t) => {
  const { login, logout, check, log } = await start(t)
  const planted = makeToken('{"jti":"one","exp":4000000000}', { secret: 'x'.repeat(32) })
  const old = makeToken('{"sub":"ada","exp":4000000000}')
  for (const cookie of [
    undefined,
    'token=',
    'token=no token',
    `token=${planted}`,
    `token=${old}`
  ]) {
    const { status, headers } = await logout(cookie)
    t.is(status, 204, cookie)
    t.regex(headers['set-cookie']?.[0] ?? '', /^token=; Max-Age=0;/)
  }
  const { token } = await login()
  t.is((await logout(`token=${planted}; token=${token}`)).status, 204)
  t.is(await check(token), 401, 'also beside one that was planted')
  t.false(JSON.stringify(log).includes(token))
})

test('without revocation a logout clears the cookie alone', async (t) => {
  const { login, check, logout } = await start(t, {})
  const { token } = await login()
  const { status, headers } = await logout(`token=${token}`)
  t.is(status, 204)
  t.regex(headers['set-cookie']?.[0] ?? '', /^token=; Max-Age=0;/)
  t.is(await check(token), 200)
})

test('if the token cannot be revoked now, its cookie stays, so that the browser can retry', async (t) => {
  const { login, logout } = await start(t, { revocation: { store: 'memory', entries: 1 } }, false)
  const [{ token }, { token: other }] = [await login(), await login()]
  t.is((await logout(`token=${token}`)).status, 204)
  const { status, headers } = await logout(`token=${other}`)
  t.is(status, 503)
  t.is(headers['set-cookie'], undefined)
})

test('a logout is a POST, so that no image or link of another site logs a user out', async (t) => {
  const { url } = await start(t)
  const { status, headers } = await send(`${url}/logout`)
  t.is(status, 405)
  t.is(headers['set-cookie'], undefined)
})

test('a logout route without a cookie to clear, or with several, is a problem', (t) => {
  const issue = (path: string, cookie?: object) => ({
    issue: path,
    cookie,
    claims: [{ from: 'fixed', set: {} }]
  })
  const problems = (...routes: object[]) =>
    problemsOf(t, { keys: KEYS, routes }, { env: { ENC_KEY } })
  t.deepEqual(problems(issue('/a'), { logout: '/logout' }), [
    'routes[1]: no issue route has a cookie to clear, expected cookie in one of them'
  ])
  t.deepEqual(problems(issue('/a'), { logout: '/logout', of: '/a' }), [
    'routes[1]: no issue route has a cookie to clear, expected cookie in one of them'
  ])
  t.deepEqual(problems(issue('/a', COOKIE), issue('/b', COOKIE), { logout: '/logout' }), [
    'routes[2]: expected of, since there are 2 issue routes with a cookie'
  ])
  t.deepEqual(problems(issue('/a', COOKIE), { logout: '/logout', of: '/b' }), [
    'routes[1].of: there is no issue route /b with a cookie'
  ])
  t.deepEqual(problems(issue('/a', COOKIE), { logout: '/a' }), [
    'routes[1].logout: /a is a route already, expected another path'
  ])
})

const route = (issue: string, path: string) => ({
  issue,
  cookie: { name: 'token', path },
  claims: [{ from: 'fixed', set: {} }]
})
const configured = (...routes: object[]) => ({
  keys: KEYS,
  revocation: { store: 'memory' },
  routes
})

test('a logout route outside of the path of its cookie is a problem, since it would never revoke', (t) => {
  const env = { ENC_KEY }
  const [issue, logout] = [route('/api/login', '/api'), { logout: '/logout' }]
  const expected =
    'browsers send the cookie of /api/login only to /api and below, so that /logout revokes no token; expected a path there, or another path of the cookie'
  t.deepEqual(problemsOf(t, configured(issue, logout), { env }), [`routes[1].logout: ${expected}`])
  const lookalike = configured(issue, { logout: '/apilogout' })
  t.is(problemsOf(t, lookalike, { env }).length, 1)
  for (const good of [
    configured(issue, { logout: '/api/logout' }),
    configured(issue, { logout: '/api' }),
    configured(route('/api/login', '/api/'), { logout: '/api/logout' }),
    configured(route('/api/login', '/'), logout),
    // It has only a cookie to clear.
    { ...configured(issue, logout), revocation: undefined },
    // A proxy may add the path of the cookie.
    configured(route('/login', '/api'), logout)
  ]) {
    t.notThrows(() => parse(good, { env }), JSON.stringify(good))
  }
})

test('routes that may not get the cookie which they read are warned of', async (t) => {
  const warningsOf = async (...routes: object[]) => {
    const file = await writeConfig(t, JSON.stringify(configured(...routes)))
    const { stdout } = await runCommand(['check-config', file, '--json'], { env: { ENC_KEY } })
    const { warnings } = JSON.parse(stdout) as { warnings: { kind: string; path: string }[] }
    return warnings.map(({ kind, path }) => `${kind} ${path}`)
  }
  const issue = route('/api/login', '/api')
  t.deepEqual(await warningsOf(issue, CHECK), ['unsent_cookie routes[1].token[1]'])
  t.deepEqual(await warningsOf(route('/login', '/api'), { logout: '/logout' }), [
    'unsent_cookie routes[1].logout'
  ])
  for (const other of [
    { ...CHECK, check: '/api/check' },
    { ...CHECK, token: ['header', 'cookie:other'] },
    { ...CHECK, protocol: 'forward-auth' },
    { logout: '/api/logout' }
  ]) {
    t.deepEqual(await warningsOf(issue, other), [], JSON.stringify(other))
  }
  t.deepEqual(await warningsOf(issue, route('/login', '/'), CHECK), [], 'also sent to /')
})

test('`of` names the route whose cookie is cleared', async (t) => {
  const issue = (path: string, name: string) => ({
    issue: path,
    cookie: { name },
    claims: [{ from: 'fixed', set: {} }]
  })
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: KEYS,
      routes: [issue('/a', 'first'), issue('/b', 'second'), { logout: '/logout', of: '/b' }]
    })
  })
  const { headers } = await send(`${url}/logout`, { method: 'POST' })
  t.deepEqual(headers['set-cookie'], [
    'second=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Strict'
  ])
})
