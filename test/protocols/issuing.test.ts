import test, { type ExecutionContext } from 'ava'
import { post, send } from '../helpers/http.ts'
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
  test(`${protocol}: the token of the answer is a cookie too, and can be checked as one`, async (t) => {
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

test('a cookie has the attributes that it was given', async (t) => {
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

test('a cookie that browsers would not keep is warned of, once', async (t) => {
  // The token has 100 characters beside those of its data, which take four for each three.
  const warned = async (length: number) => {
    const reply = JSON.stringify('x'.repeat(length))
    const service = await startIssuing(t, { cookie: { name: 'token' }, reply })
    const { text } = await post(`${service.url}/token`, '{}')
    const warnings = service.log.filter(({ msg }) => msg === 'cookie over 4 KiB')
    t.false(JSON.stringify(service.log).includes(JSON.parse(text).token))
    return { length: 'token'.length + JSON.parse(text).token.length, warnings }
  }
  const small = await warned(2900)
  t.true(small.length <= 4096 && small.length > 4000)
  t.deepEqual(small.warnings, [])
  const large = await warned(3000)
  t.true(large.length > 4096)
  t.is(large.warnings.length, 1)
  t.like(large.warnings[0], { level: 'warn', route: '/token', length: large.length })
})
