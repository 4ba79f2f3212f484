import test, { type ExecutionContext } from 'ava'
import { drawConfig } from '../../../src/config/drawing.ts'
import { readConfig } from '../../../src/config/load.ts'
import { problemsOf } from '../../helpers/config.ts'
import { post, send } from '../../helpers/http.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY, LASTING, makeToken } from '../../helpers/tokens.ts'

const KEYS = [{ alg: 'HS256', secret: ENC_KEY }]
const PORT = { port: 0, host: '127.0.0.1' }
const CHECK = { check: '/check', verify: [{ keys: 'all' }] }
const OTHER = { check: '/other', on: 'admin', verify: [{ keys: 'all' }], require: { sub: true } }

function configWith(more: object = {}): string {
  return JSON.stringify({
    docs: true,
    listen: { main: PORT, admin: PORT },
    keys: KEYS,
    revocation: { store: 'memory' },
    routes: [CHECK, OTHER, { revoke: '/revoke', on: 'main' }],
    ...more
  })
}

const JSON_LABEL = { 'content-type': 'application/json' }

function explain(url: string, token: unknown, headers: Record<string, string> = JSON_LABEL) {
  const body = JSON.stringify({ token })
  return send(`${url}/workbench/explain`, { method: 'POST', headers, body })
}

interface Step {
  readonly step: string
  readonly result: string
  readonly reason?: string
}
interface Report {
  readonly token?: { readonly times: readonly { readonly words: string }[] }
  readonly unreadable?: string
  readonly routes: readonly {
    readonly path: string
    readonly outcome: string
    readonly place: object
    readonly curl?: object
    readonly steps: readonly Step[]
  }[]
}

async function reportOn(t: ExecutionContext, url: string, token: string): Promise<Report> {
  const { status, text, headers } = await explain(url, token)
  t.is(status, 200, text)
  t.is(headers['cache-control'], 'no-store')
  return JSON.parse(text) as Report
}

test('it is on the admin listener alone, and on another one only if so configured', async (t) => {
  const statusOf = async (url: string) => (await send(`${url}/workbench`)).status
  const usual = await startService(t, { config: configWith() })
  t.deepEqual([await statusOf(usual.url), await statusOf(usual.adminUrl)], [404, 200])
  t.is((await explain(usual.url, makeToken(LASTING))).status, 404)
  const asked = await startService(t, { config: configWith({ workbench: 'main', docs: false }) })
  t.deepEqual([await statusOf(asked.url), await statusOf(asked.adminUrl)], [200, 404])
  const off = await startService(t, { config: configWith({ workbench: false }) })
  t.deepEqual([await statusOf(off.url), await statusOf(off.adminUrl)], [404, 404])
  const alone = await startService(t, {
    config: configWith({ listen: { main: PORT }, routes: [CHECK] })
  })
  t.is(await statusOf(alone.url), 404, 'docs: true on a listener that may be public')
})

test('the page loads nothing from elsewhere, and all its files exist', async (t) => {
  const { adminUrl } = await startService(t, { config: configWith() })
  const page = await send(`${adminUrl}/workbench`)
  const policy = String(page.headers['content-security-policy'])
  t.regex(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
  t.regex(policy, /form-action 'none'/)
  t.notRegex(page.text, /https?:|<style|<script>|\son\w+=|style=/)
  const links = [...page.text.matchAll(/(?:src|href)="(workbench[^"]+)"/g)]
  t.is(links.length, 2)
  for (const [, link = ''] of links) {
    const { status, headers } = await send(`${adminUrl}/${link}`)
    t.is(status, 200, link)
    t.regex(headers['content-type'] ?? '', /^text\/(?:css|javascript); charset=utf-8$/)
  }
})

test('each check route reports its steps, whichever listener it is on', async (t) => {
  const { adminUrl } = await startService(t, { config: configWith() })
  const { routes, token } = await reportOn(
    t,
    adminUrl,
    `Authorization: Bearer ${makeToken(LASTING)}`
  )
  t.deepEqual(
    routes.map(({ path, outcome }) => [path, outcome]),
    [
      ['/check', 'accepted'],
      ['/other', 'rejected']
    ]
  )
  t.like(routes[0]?.place, { listener: 'main', isHere: false })
  t.deepEqual(routes[0]?.curl, { header: 'Authorization: Bearer TOKEN', needsApiKey: false })
  t.like(routes[1]?.steps.at(-1), { step: 'require.sub', result: 'rejected' })
  t.regex(token?.times[0]?.words ?? '', /^expires in \d+ days$/)
})

test('the running service decides: a token that it has revoked is rejected', async (t) => {
  const { url, adminUrl } = await startService(t, { config: configWith() })
  const token = makeToken('{"exp":9999999999,"jti":"one","sub":"ada"}')
  t.deepEqual(
    (await reportOn(t, adminUrl, token)).routes.map(({ outcome }) => outcome),
    ['accepted', 'accepted']
  )
  const form = { 'content-type': 'application/x-www-form-urlencoded' }
  t.is(
    (await send(`${url}/revoke`, { method: 'POST', headers: form, body: `token=${token}` })).status,
    200
  )
  const { routes } = await reportOn(t, adminUrl, token)
  for (const { steps } of routes) {
    t.like(
      steps.find(({ result }) => result === 'rejected'),
      { reason: 'revoked' }
    )
  }
})

test('expired, foreign, malformed and long tokens are explained', async (t) => {
  const { adminUrl } = await startService(t, { config: configWith(), now: () => 1_000_000_000_000 })
  const reasonOf = ({ routes: [first] }: Report) =>
    first?.steps.find(({ result }) => result === 'rejected')?.reason
  const expired = await reportOn(t, adminUrl, makeToken('{"iat":999999000,"exp":999999820}'))
  t.is(reasonOf(expired), 'expired')
  t.deepEqual(
    expired.token?.times.map(({ words }) => words),
    ['issued 16 minutes ago', 'expired 3 minutes ago']
  )
  const foreign = await reportOn(t, adminUrl, makeToken(LASTING, { secret: 'another'.repeat(9) }))
  t.is(reasonOf(foreign), 'signature')
  const malformed = await reportOn(t, adminUrl, 'eyJ.<script>.x')
  t.is(reasonOf(malformed), 'malformed')
  t.is(malformed.token, undefined)
  t.truthy(malformed.unreadable)
  const long = await reportOn(
    t,
    adminUrl,
    makeToken(`{"exp":9999999999,"a":"${'x'.repeat(20_000)}"}`)
  )
  t.is(reasonOf(long), 'too_large')
  t.truthy(long.token, 'it is decoded all the same')
})

test('only its own page can make a browser send a token there, as JSON', async (t) => {
  const cors = { origins: ['https://app.example.com'] }
  const { adminUrl } = await startService(t, {
    config: configWith({ listen: { main: PORT, admin: { ...PORT, cors } } })
  })
  const token = makeToken(LASTING)
  const own = new URL(adminUrl).origin
  const statusFor = async (headers: Record<string, string>) =>
    (await explain(adminUrl, token, { ...JSON_LABEL, ...headers })).status
  t.is(await statusFor({ origin: own, 'sec-fetch-site': 'same-origin' }), 200)
  t.is(await statusFor({ origin: own }), 200, 'over plain HTTP, browsers send no Sec-Fetch-Site')
  for (const site of ['same-site', 'cross-site']) {
    t.is(await statusFor({ 'sec-fetch-site': site }), 403, site)
  }
  t.is(await statusFor({ origin: 'https://app.example.com' }), 403, 'also where CORS allows it')
  t.is(await statusFor({ origin: 'null' }), 403)
  for (const label of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']) {
    t.is(await statusFor({ 'content-type': label }), 415, label)
  }
  t.is((await post(`${adminUrl}/workbench/explain`, JSON.stringify({ token }))).status, 415)
  t.is((await send(`${adminUrl}/workbench/explain?token=${token}`)).status, 405)
})

test('text that is not a token is a bad request, and a body has a limit', async (t) => {
  const { adminUrl } = await startService(t, { config: configWith() })
  for (const token of [undefined, null, 1, '', {}]) {
    t.is((await explain(adminUrl, token)).status, 400)
  }
  for (const body of ['', 'null', '[]', '{', '"x"']) {
    const options = { method: 'POST', headers: JSON_LABEL, body }
    t.is((await send(`${adminUrl}/workbench/explain`, options)).status, 400, body)
  }
  t.is((await explain(adminUrl, 'x'.repeat(70_000))).status, 413)
})

test('nothing of a token is in the log or in the metrics', async (t) => {
  const { adminUrl, log, requestLines } = await startService(t, {
    config: configWith({ log: { level: 'trace', subjects: true } })
  })
  const payload = '{"exp":9,"jti":"secretjti","sub":"secretsub"}'
  const tokens = [
    makeToken(payload),
    makeToken(payload, { secret: 'z'.repeat(40) }),
    'garbage.in.it'
  ]
  for (const token of tokens) await explain(adminUrl, token)
  await explain(adminUrl, 'garbage'.repeat(20_000))
  const lines = await requestLines(4)
  t.deepEqual([...new Set(lines.map(({ route }) => route))], ['/workbench/explain'])
  const metrics = (await send(`${adminUrl}/metrics`)).text
  for (const written of [JSON.stringify(log), metrics]) {
    for (const part of [
      ...tokens.flatMap((token) => token.split('.')),
      'secretjti',
      'secretsub',
      'garbage'
    ]) {
      t.false(part.length > 2 && written.includes(part), part)
    }
  }
})

for (const path of ['/workbench', '/workbench/explain']) {
  test(`${path} is rejected as a route where the workbench is`, (t) => {
    const config = (on: string) => ({
      workbench: 'admin',
      listen: { main: {}, admin: { port: 9090 } },
      keys: KEYS,
      routes: [{ ...CHECK, check: path, on }]
    })
    t.deepEqual(problemsOf(t, config('admin')), [
      `routes[0].check: ${path} is answered by the service itself, expected another path`
    ])
  })
}

test('a workbench on an unknown listener is reported', (t) => {
  const config = { workbench: 'nowhere', keys: KEYS, routes: [CHECK] }
  t.deepEqual(problemsOf(t, config), ['workbench: there is no listener nowhere'])
})

test('the status has keys, foreign JWK Sets, remotes and revocation, and no secret', async (t) => {
  const jwks = 'http://127.0.0.1:9/jwks.json?key=topsecret'
  const { adminUrl } = await startService(t, {
    config: configWith({
      routes: [
        { issue: '/login', claims: [{ from: 'remote', url: 'http://127.0.0.1:9/', at: 'data' }] },
        {
          check: '/check',
          verify: [{ jwks, algorithms: ['RS256'], issuer: 'https://a.example', allowHttp: true }]
        }
      ]
    })
  })
  const { status, text } = await send(`${adminUrl}/workbench/status`)
  t.is(status, 200)
  const { tables } = JSON.parse(text) as { tables: { title: string; rows: string[][] }[] }
  t.deepEqual(
    tables.map(({ title }) => title),
    ['Keys', 'JWK Sets of others', 'Remotes', 'Revocation']
  )
  t.deepEqual(tables[1]?.rows, [['127.0.0.1:9/jwks.json', 'none', 'unreachable, confirmed never']])
  t.deepEqual(tables[2]?.rows, [['127.0.0.1:9', 'not called', 'never']])
  t.false(text.includes(ENC_KEY) || text.includes('topsecret'))
  const headers = { 'sec-fetch-site': 'cross-site' }
  t.is((await send(`${adminUrl}/workbench/status`, { headers })).status, 403)
})

test('the configuration is drawn as explain draws it, without its secrets', async (t) => {
  const config = configWith({
    routes: [
      CHECK,
      {
        issue: '/login',
        claims: [{ from: 'remote', url: 'http://127.0.0.1:9/?key=hunter2', at: 'data' }]
      }
    ]
  })
  const { adminUrl } = await startService(t, { config })
  const { text } = await send(`${adminUrl}/workbench/status`)
  const { configuration } = JSON.parse(text) as { configuration: string }
  t.is(configuration, drawConfig(readConfig(config, { env: {} })))
  t.regex(configuration, /^listener main.*\n {2}check \/check as txtoken\n {4}verify 1: keys all\n/)
  t.false(configuration.includes(ENC_KEY) || configuration.includes('hunter2'))
})

test('the revoke route itself decides who may revoke through the workbench', async (t) => {
  const apiKey = 'an API key that is long enough'
  const { adminUrl } = await startService(t, {
    config: configWith({ routes: [CHECK, { revoke: '/revoke', auth: { apiKeys: [apiKey] } }] })
  })
  const token = makeToken('{"exp":9999999999,"jti":"one"}')
  const revoke = (headers: Record<string, string>, route = '/revoke') =>
    send(`${adminUrl}/workbench/revoke`, {
      method: 'POST',
      headers: { ...JSON_LABEL, ...headers },
      body: JSON.stringify({ token, route })
    })
  const outcome = async () => (await reportOn(t, adminUrl, token)).routes[0]?.outcome
  const without = await revoke({})
  t.is(without.status, 401)
  t.is(without.headers['www-authenticate'], undefined, 'no dialog of the browser')
  t.is((await revoke({ 'api-key': 'wrong' })).status, 401)
  t.is((await revoke({ 'api-key': apiKey }, '/check')).status, 400)
  t.is((await revoke({ 'api-key': apiKey, 'sec-fetch-site': 'cross-site' })).status, 403)
  t.is(await outcome(), 'accepted')
  t.is((await revoke({ 'api-key': apiKey })).status, 200)
  t.is(await outcome(), 'rejected')
})
