import test, { type ExecutionContext } from 'ava'
import { problemsOf } from '../../helpers/config.ts'
import { fullConfig } from '../../helpers/config-texts.ts'
import { post, send } from '../../helpers/http.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { readToken } from '../../helpers/tokens.ts'

const START_SECONDS = 1_893_456_000
const now = () => START_SECONDS * 1000
const env = { ENC_KEY: 'a secret of thirty-two characters or more' }

/** The claims of a token of a route with these settings, as text. */
async function issueWith(t: ExecutionContext, issue: Record<string, unknown>) {
  const remote = await startRemote(t, replying('{}'))
  const { url } = await startService(t, { config: fullConfig(remote.url, { issue }), now })
  return readToken(JSON.parse((await post(`${url}/getToken`, '{}')).text).token).payload
}

test('notBefore sets nbf, seconds from iat on', async (t) => {
  for (const [notBefore, nbf] of [
    ['-15s', START_SECONDS - 15],
    ['0s', START_SECONDS],
    ['1m', START_SECONDS + 60]
  ] as const) {
    t.is(
      await issueWith(t, { notBefore }),
      `{"data":{},"iat":${START_SECONDS},"nbf":${nbf},"exp":${START_SECONDS + 3600}}`
    )
  }
})

test('jti gives each token a unique id', async (t) => {
  const ids = [await issueWith(t, { jti: true }), await issueWith(t, { jti: true })].map(
    (payload) => /"exp":\d+,"jti":"([\w-]{22})"\}$/.exec(payload)?.[1]
  )
  t.true(ids.every((id) => id !== undefined))
  t.not(ids[0], ids[1])
  t.false((await issueWith(t, {})).includes('jti'))
})

test('typ is in the header of the issued tokens alone', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const config = fullConfig(remote.url, { issue: { typ: 'at+jwt' } })
  const { url } = await startService(t, { config, now })
  const { token } = JSON.parse((await post(`${url}/getToken`, '{}')).text)
  t.is(readToken(token).header, '{"alg":"HS256","typ":"at+jwt"}')
  const bearer = remote.requests[0]?.headers.authorization?.slice('Bearer '.length) ?? ''
  t.is(readToken(bearer).header, '{"alg":"HS256","typ":"service-bearer+jwt"}')
})

test('a notBefore that is not such a duration does not start', (t) => {
  const expected = 'expected a duration up to 1d, before it with a minus sign, such as -15s or 1m'
  for (const notBefore of ['15', '- 15s', '--15s', '2d', '-25h']) {
    const config = JSON.parse(fullConfig('http://127.0.0.1:1/', { issue: { notBefore } }))
    t.deepEqual(problemsOf(t, config, { env }), [`routes[0].notBefore: ${expected}`])
  }
})

/** Requests a token from a route with these settings, with this body and this reply of the remote. */
async function ask(
  t: ExecutionContext,
  issue: Record<string, unknown>,
  { body = '{}', reply = '{}', source = {} }
) {
  const remote = await startRemote(t, replying(reply))
  const config = fullConfig(remote.url, { issue, source })
  const { url } = await startService(t, { config, now })
  const answer = await post(`${url}/getToken`, body)
  const { token } = JSON.parse(answer.text)
  const seconds =
    token === undefined ? undefined : JSON.parse(readToken(token).payload).exp - START_SECONDS
  return { ...answer, seconds, requests: remote.requests.length }
}

const lifetime = { body: 'options.validity', max: '24h' }

test('a client may ask for a lifetime, up to a maximum', async (t) => {
  for (const [validity, seconds] of [
    ['1', 1],
    ['3600', 3600],
    ['6e1', 60],
    ['86401', 86_400],
    ['3153600000', 86_400],
    ['1e400', 86_400]
  ] as const) {
    const answer = await ask(t, { lifetime }, { body: `{"options":{"validity":${validity}}}` })
    t.is(answer.seconds, seconds, validity)
  }
})

test('a client may ask for a lifetime in a form', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const config = fullConfig(remote.url, { issue: { lifetime: { body: 'ttl', max: '1h' } } })
  const { url } = await startService(t, { config, now })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const logIn = (ttl: string) =>
    send(`${url}/getToken`, { method: 'POST', headers, body: `user=a&ttl=${ttl}` })
  for (const [ttl, seconds] of [
    ['600', 600],
    ['7200', 3600]
  ] as const) {
    const { token } = JSON.parse((await logIn(ttl)).text)
    t.is(JSON.parse(readToken(token).payload).exp - START_SECONDS, seconds)
  }
  for (const ttl of ['', '0', '1.5', 'x', '0x10', '+60', '%2060']) {
    t.is((await logIn(ttl)).status, 400, ttl)
  }
  t.is(remote.requests.length, 2)
})

test('a request for an invalid lifetime is rejected, and the remote is not called', async (t) => {
  for (const validity of ['0', '-1', '1.5', '"60"', 'null', 'true', '[60]']) {
    const { status, text, requests } = await ask(
      t,
      { lifetime },
      { body: `{"options":{"validity":${validity}}}` }
    )
    t.is(status, 400, validity)
    t.is(
      text,
      '{"message":"expected a whole number of seconds, 1 or more, as options.validity of the body"}'
    )
    t.is(requests, 0)
  }
  for (const body of [
    '{"options":{"validity":60,"validity":90}}',
    '{"options":{"validity":60},"options":{"validity":90}}'
  ]) {
    const twice = await ask(t, { lifetime }, { body })
    t.is(twice.status, 400)
    t.is(twice.text, '{"message":"options.validity is in the body twice, expected it once"}')
  }
  t.is((await ask(t, { lifetime }, { body: '{}' })).status, 400)
})

test('a token expires with its reply or with its lifetime, whichever comes first', async (t) => {
  const expiresAt = 'user.session.expires_at'
  for (const [value, seconds] of [
    [String(START_SECONDS + 60), 60],
    [String((START_SECONDS + 60) * 1000), 60],
    ['"2030-01-01T00:01:00Z"', 60],
    ['60', 60],
    ['"60"', 60],
    ['7200', 3600],
    ['0', 3600],
    ['3153600000', 3600],
    ['4102444800', 3600],
    [String(START_SECONDS + 7200), 3600],
    ['"2031-01-01"', 3600]
  ] as const) {
    const reply = `{"user":{"session":{"expires_at":${value}}}}`
    t.is((await ask(t, { expiresAt }, { reply })).seconds, seconds, value)
  }
})

test('a reply that has expired, or has no expiry, gives no token', async (t) => {
  const expiresAt = 'until'
  for (const [reply, error] of [
    [`{"until":${START_SECONDS}}`, 'reply has expired already'],
    ['{}', 'reply has no until'],
    ['[]', 'reply has no until'],
    [
      '{"until":"soon"}',
      'until of the reply is no time that can be read, expected seconds from now on, seconds or milliseconds since 1970, a date with its zone, or null for no end'
    ]
  ] as const) {
    for (const [statuses, status] of [
      ['txtoken', 500],
      ['relay', 502]
    ] as const) {
      const answer = await ask(t, { expiresAt, statuses }, { reply })
      t.is(answer.status, status)
      t.is(JSON.parse(answer.text).error, error)
    }
  }
  t.is((await ask(t, { expiresAt: 'until?' }, { reply: '{}' })).seconds, 3600)
  t.is((await ask(t, { expiresAt: 'until?' }, { reply: '{"until":null}' })).seconds, 3600)
})

test('a reply with an unusable expiry is skipped with all its claims', async (t) => {
  const { status, text } = await ask(
    t,
    { expiresAt: 'until' },
    { reply: '{"a":1}', source: { onError: 'skip' } }
  )
  t.is(status, 200)
  t.false(readToken(JSON.parse(text).token).payload.includes('"data"'))
})

test('wrong settings of a route are reported', (t) => {
  const fixed = { from: 'fixed', set: { a: 1 } }
  const remote = { from: 'remote', url: 'http://a', at: 'data' }
  const duration = 'expected a duration from 1s to 36500d, such as 500ms, 5s, 15m or 1.5h'
  const cases: [issue: Record<string, unknown>, problem: string][] = [
    [{ lifetime: '0s' }, `lifetime: ${duration}`],
    [{ lifetime: { body: 'a' } }, `lifetime.max: ${duration}, found nothing`],
    [
      { lifetime: 60 },
      'lifetime: expected a duration from 1s to 36500d, or { body: path, max: duration }, found a number'
    ],
    [
      { expiresAt: 'a', claims: [fixed] },
      'expiresAt: expected one remote source with this time in its reply, found 0'
    ],
    [
      { expiresAt: 'a', claims: [remote, remote] },
      'expiresAt: expected one remote source with this time in its reply, found 2'
    ],
    [
      { expiresAt: '.' },
      'expiresAt: expected a path such as user.name; a backslash goes before a dot that belongs to a name'
    ]
  ]
  for (const [issue, problem] of cases) {
    const config = JSON.parse(fullConfig('http://127.0.0.1:1/', { issue }))
    t.deepEqual(problemsOf(t, config, { env }), [`routes[0].${problem}`])
  }
})

test('the API key of a client is not forwarded, nor in a token', (t) => {
  const apiKey = 'k'.repeat(20)
  const key = { alg: 'HS256', secret: 'a secret of thirty-two characters or more' }
  for (const name of ['Api-Key', 'authorization']) {
    const remote = { from: 'remote', url: 'http://a' }
    const source = { ...remote, forward: ['x-a', name] }
    const metadata = [{ name: 'b', header: name }]
    const exposing = { ...remote, send: 'metadata', metadata }
    const showing = { from: 'request', claim: 'b', header: name }
    const auth = { apiKeys: [apiKey] }
    for (const [route, path] of [
      [{ issue: '/a', claims: [source], auth }, 'routes[0].claims[0].forward[1]'],
      [{ claims: '/a', sources: [source], auth }, 'routes[0].sources[0].forward[1]'],
      [{ issue: '/a', claims: [exposing], auth }, 'routes[0].claims[0].metadata[0].header'],
      [{ issue: '/a', claims: [showing], auth }, 'routes[0].claims[0].header']
    ] as const) {
      t.deepEqual(problemsOf(t, { keys: [key], routes: [route] }), [
        `${path}: expected another header, since the API key of a client may be in this one`
      ])
    }
  }
})

test('a route with refresh tokens has one lifetime for all its tokens', (t) => {
  const issue = { lifetime, refresh: { route: '/refresh', recheck: 'http://a' } }
  const config = JSON.parse(
    fullConfig('http://127.0.0.1:1/', { issue, more: { revocation: { store: 'memory' } } })
  )
  t.deepEqual(problemsOf(t, config, { env }), [
    'routes[0].lifetime: expected a duration, since whoever refreshes a token is not asked for one'
  ])
})
