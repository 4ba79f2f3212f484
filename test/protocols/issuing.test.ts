import test, { type ExecutionContext } from 'ava'
import { jsonAnswer } from '../../src/protocols/exchange.ts'
import { createAddCookie } from '../../src/protocols/issuing.ts'
import { post, send } from '../helpers/http.ts'
import { samplesOf, scrape } from '../helpers/metrics.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

interface Setup {
  cookie: Record<string, unknown>
  protocol?: string
  reply?: string
  status?: number
}

async function startIssuing(
  t: ExecutionContext,
  { cookie, protocol, reply = '{}', status = 200 }: Setup
) {
  const remote = await startRemote(t, replying(reply, status))
  const claims = [{ from: 'remote', url: remote.url, at: 'data' }]
  return startService(t, {
    config: JSON.stringify({
      keys: [{ kid: 'main', alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [
        { issue: '/token', protocol, claims, cookie, lifetime: '15m' },
        { check: '/check', token: [`cookie:${cookie.name}`], verify: [{ keys: 'all' }] }
      ]
    })
  })
}

const protocols: [protocol: string, tokenOf: (text: string) => string][] = [
  ['txtoken', (text) => JSON.parse(text).token],
  ['oauth', (text) => JSON.parse(text).access_token],
  ['themis', (text) => text]
]

for (const [protocol, tokenOf] of protocols) {
  test(`${protocol}: the issued token is also set as a cookie, which can be checked`, async (t) => {
    const cookie = { name: '__Host-token' }
    const { url } = await startIssuing(t, { cookie, protocol })
    const answer = await post(`${url}/token`, '{}')
    const token = tokenOf(answer.text)
    t.deepEqual(answer.headers['set-cookie'], [
      `__Host-token=${token}; Max-Age=900; Path=/; Secure; HttpOnly; SameSite=Strict`
    ])
    const [pair = ''] = answer.headers['set-cookie']?.[0]?.split(';') ?? []
    const checked = await send(`${url}/check`, { headers: { cookie: `theme=dark; ${pair}` } })
    t.is(checked.status, 200)
    t.is(JSON.parse(checked.text).Raw, token)
  })
}

test('a cookie has the configured attributes', async (t) => {
  const cookie = { name: 'token', sameSite: 'None', path: '/api', domain: 'example.com' }
  const { url } = await startIssuing(t, { cookie })
  const answer = await post(`${url}/token`, '{}')
  const [, ...attributes] = answer.headers['set-cookie']?.[0]?.split('; ') ?? []
  t.deepEqual(attributes, [
    'Max-Age=900',
    'Path=/api',
    'Domain=example.com',
    'Secure',
    'HttpOnly',
    'SameSite=None'
  ])
})

test('an error sets no cookie', async (t) => {
  const { url } = await startIssuing(t, { cookie: { name: 'token' }, status: 401 })
  const answer = await post(`${url}/token`, '{}')
  t.is(answer.status, 500)
  t.is(answer.headers['set-cookie'], undefined)
})

for (const [protocol, words] of [
  ['txtoken', (bytes: number) => `{"error":"token makes a cookie of ${bytes} bytes",`],
  ['oauth', (bytes: number) => `"error_description":"token makes a cookie of ${bytes} bytes"`],
  ['themis', (bytes: number) => `token makes a cookie of ${bytes} bytes`]
] as const) {
  test(`${protocol}: a cookie that browsers would drop is an error without a token`, async (t) => {
    // A token takes four characters for each three of its data.
    const issue = async (length: number) => {
      const reply = JSON.stringify('x'.repeat(length))
      const cookie = { name: '__Host-token' }
      const service = await startIssuing(t, { cookie, protocol, reply })
      const answer = await post(`${service.url}/token`, '{}')
      return { ...answer, size: answer.headers['set-cookie']?.[0]?.length ?? 0, service }
    }
    const one = await issue(2000)
    const most = 2000 + Math.floor(((4096 - one.size) / 4) * 3)
    const kept = await issue(most)
    t.is(kept.status, 200)
    t.true(kept.size <= 4096 && kept.size > 4090, `${kept.size}`)
    const dropped = await issue(most + 6)
    t.is(dropped.status, protocol === 'oauth' ? 502 : 500)
    t.is(dropped.headers['set-cookie'], undefined)
    const [, bytes] = /cookie of (\d+) bytes/.exec(dropped.text) ?? []
    t.true(Number(bytes) > 4096 && Number(bytes) < 4106, dropped.text)
    t.true(dropped.text.includes(words(Number(bytes))))
    const [line] = await dropped.service.requestLines(1)
    t.like(line, { level: 'error', code: 'remote_reply' })
    const samples = await scrape(dropped.service.url)
    t.deepEqual(samplesOf(samples, 'txtoken_tokens_issued_total'), {})
  })
}

test('a cookie of 4,096 bytes is set, and one of 4,097 is an error', (t) => {
  const addCookie = createAddCookie({ name: 'token', path: '/', sameSite: 'Lax' })
  const sizeOf = (length: number) => {
    const issued = { token: 'x'.repeat(length), issuedAt: 0, expiresAt: 3600 }
    return String(addCookie(jsonAnswer(200, {}), issued).headers['Set-Cookie']).length
  }
  const around = sizeOf(1) - 1
  t.is(sizeOf(4096 - around), 4096)
  t.throws(() => sizeOf(4097 - around), { message: 'token makes a cookie of 4097 bytes' })
})
