/** Logins that an API rejects with a good status. */
import test, { type ExecutionContext } from 'ava'
import { sourceProblems } from '../../../helpers/claims.ts'
import { post, send } from '../../../helpers/http.ts'
import { samplesOf, scrape } from '../../../helpers/metrics.ts'
import { replying, startRemote } from '../../../helpers/remote.ts'
import { startService } from '../../../helpers/service.ts'

interface RouteOptions {
  /** More settings of the source. */
  source?: object
  /** More settings of the route. */
  route?: object
}

/** Starts a service in front of an API that echoes its body; returns a function that logs in with a reply. */
async function startLogin(
  t: ExecutionContext,
  { source = {}, route = { statuses: 'relay' } }: RouteOptions = {}
) {
  const remote = await startRemote(t, (response, { body }) => void response.end(body))
  const claims = [{ from: 'remote', url: remote.url, at: 'data', ...source }]
  const config = {
    keys: [{ kid: 'main', alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ issue: '/getToken', claims, ...route }]
  }
  const service = await startService(t, { config: JSON.stringify(config) })
  return { service, logIn: (reply: string) => post(`${service.url}/getToken`, reply) }
}

const REJECTING = [
  '{"success":false,"error":"wrong password"}',
  '{"success":0}',
  '{"success":"false"}',
  '{"ok":false,"error":"invalid_auth"}',
  '{"status":"error","msg":"wrong password","data":null}',
  '{"status":"fail","data":{"password":"wrong"}}',
  '{"errors":[{"message":"wrong password"}],"data":{"login":null}}',
  '{"success":true,"success":false}',
  '{"Success":false,"Message":"wrong password"}',
  '{"isSuccess":false}',
  '{"succeeded":false,"isLockedOut":true}',
  '{"authenticated":false}',
  '{"status":"FAILED"}',
  '{"status":"failure"}',
  '{"status":false,"message":"wrong password"}',
  '{"status":401,"message":"Unauthorized"}',
  '{"statusCode":403}',
  '{"result":"error"}',
  '{"error":"bad_verification_code","error_description":"expired"}',
  '{"error":true,"message":"wrong password"}',
  '{"error":{"code":17}}',
  '{"status":"401","message":"wrong password"}',
  '{"statusCode":"599"}',
  '{"isAuthenticated":false}',
  '{"loggedIn":false}',
  '{"isLoggedIn":"false"}',
  '{"status":"Unauthorized"}',
  '{"result":"unauthorized"}',
  '{"result":"FAILED"}',
  '{"result":"failure"}'
]

for (const reply of REJECTING) {
  test(`no token is issued for ${reply}`, async (t) => {
    const { logIn } = await startLogin(t)
    const { status, text } = await logIn(reply)
    t.is(status, 401)
    t.is(text, '{"message":"Remote post status failure.","status":401}')
  })
}

const GOOD = [
  '{"success":true,"errors":[],"status":"ok"}',
  '{"ok":true,"errors":null,"status":1}',
  '{"user":{"success":false,"ok":false,"status":"error","errors":[1]}}',
  '[{"success":false}]',
  '"error"',
  'null',
  'false',
  '{"result":450}',
  '{"success":null,"ok":1,"status":"errors"}',
  '{"error":null,"status":200,"statusCode":200,"result":{"id":1}}',
  '{"error":"","status":0,"result":true}',
  '{"error":0}',
  '{"error":false,"status":"active","result":"success"}',
  '{"status":"200","statusCode":"399","result":"401"}',
  '{"status":"4010","statusCode":"600","code":"401"}',
  '{"isAuthenticated":true,"loggedIn":1,"isLoggedIn":null}',
  '{"code":401,"valid":false,"errcode":1,"result":"not unauthorized"}'
]

for (const reply of GOOD) {
  test(`a token is issued for ${reply}`, async (t) => {
    const { logIn } = await startLogin(t)
    t.is((await logIn(reply)).status, 200)
  })
}

test('with refuse: none no reply is inspected', async (t) => {
  const { logIn } = await startLogin(t, { source: { refuse: 'none' } })
  for (const reply of REJECTING) {
    t.is((await logIn(reply)).status, 200, reply)
  }
})

test('a configured rule replaces the default', async (t) => {
  const { logIn } = await startLogin(t, { source: { refuse: { when: { code: 7 } } } })
  t.is((await logIn('{"success":false}')).status, 200)
  t.is((await logIn('{"success":true,"code":7}')).status, 401)
})

const CONDITIONS: readonly [when: object, rejected: string[], accepted: string[]][] = [
  [{ success: false }, ['{"success":false}'], ['{"success":"false"}', '{"success":0}', '{}']],
  [{ code: 0 }, ['{"code":0}', '{"code":0.0}', '{"code":-0}'], ['{"code":"0"}', '{"code":false}']],
  [{ code: 1.5 }, ['{"code":1.50}', '{"code":15e-1}'], ['{"code":1}']],
  [{ code: '0' }, ['{"code":"0"}', '{"code":"\\u0030"}'], ['{"code":0}']],
  [{ token: null }, ['{"token":null}'], ['{}', '{"token":""}']],
  [
    { token: 'missing' },
    ['{}', '{"token":null}', '{"token":""}', '{"token":false}', '{"token":[]}', '[]', '1'],
    ['{"token":"a"}', '{"token":0}', '{"token":[0]}']
  ],
  [
    { errors: 'present' },
    ['{"errors":[1]}', '{"errors":{"a":1}}', '{"errors":"x"}', '{"errors":0}'],
    ['{"errors":[]}', '{"errors":{}}', '{"errors":null}', '{"errors":false}', '{}']
  ],
  [{ state: ['missing', 'present'] }, ['{"state":"missing"}'], ['{}', '{"state":"other"}']],
  [{ 'result.errors.0.code': 7 }, ['{"result":{"errors":[{"code":7}]}}'], ['{"result":{}}']],
  [{ 'a\\.b': true }, ['{"a.b":true}'], ['{"a":{"b":true}}']],
  [{ a: 1, b: 2 }, ['{"a":1,"b":2}'], ['{"a":1,"b":3}', '{"a":1}']],
  [{ toString: 'present', __proto__: 'missing' }, [], ['{}', '{"a":1}']]
]

for (const [when, rejected, accepted] of CONDITIONS) {
  test(`when: ${JSON.stringify(when)}`, async (t) => {
    const { logIn } = await startLogin(t, { source: { refuse: { when } } })
    const { logIn: logInUnless } = await startLogin(t, { source: { refuse: { unless: when } } })
    for (const reply of [...rejected, ...accepted]) {
      const isRejected = rejected.includes(reply)
      t.is((await logIn(reply)).status, isRejected ? 401 : 200, reply)
      t.is((await logInUnless(reply)).status, isRejected ? 200 : 401, reply)
    }
  })
}

test('the first matching rule counts, with its status', async (t) => {
  const refuse = [
    { when: { error: ['ratelimited', 'too_many'] }, status: 429 },
    { when: { error: 'locked' }, status: 403 },
    { unless: { ok: true } }
  ]
  const { logIn } = await startLogin(t, { source: { refuse } })
  for (const [reply, status] of [
    ['{"ok":false,"error":"ratelimited"}', 429],
    ['{"ok":false,"error":"locked"}', 403],
    ['{"ok":false,"error":"other"}', 401],
    ['{"ok":true,"error":"too_many"}', 429],
    ['{"ok":true}', 200]
  ] as const) {
    t.is((await logIn(reply)).status, status, reply)
  }
})

test('with statuses: txtoken the answer has the status of the rule', async (t) => {
  const source = { refuse: { when: { ok: false }, status: 403 } }
  const { logIn } = await startLogin(t, { source, route: {} })
  const { status, text } = await logIn('{"ok":false}')
  t.is(status, 500)
  t.is(text, '{"message":"Remote post status failure.","status":403}')
})

test('rules are applied before members are picked or merged, and to an empty reply', async (t) => {
  const refuse = { when: { token: 'missing' } }
  for (const source of [{ at: undefined, pick: { sub: 'user.id' } }, { at: undefined }]) {
    const { logIn } = await startLogin(t, { source: { ...source, refuse } })
    t.is((await logIn('{"user":{"id":1}}')).status, 401)
    t.is((await logIn('{"user":{"id":1},"token":"a"}')).status, 200)
  }
  const remote = await startRemote(t, replying(''))
  const source = { url: remote.url, success: '2xx', refuse }
  t.is((await (await startLogin(t, { source })).logIn('{}')).status, 401)
})

test('a rejected login is never skipped, and is logged as the answer of the remote', async (t) => {
  const { service, logIn } = await startLogin(t, { source: { onError: 'skip' } })
  t.is((await logIn('{"success":false}')).status, 401)
  const [line] = await service.requestLines(1)
  t.is(line?.error, 'The remote rejects the request.')
  t.is(line?.code, 'remote_status')
  t.is(line?.level, 'info')
})

test('the metrics count rejections by a reply apart from unusable replies', async (t) => {
  const { service, logIn } = await startLogin(t, { source: { at: undefined, pick: { sub: 'id' } } })
  for (const reply of ['{"success":false}', '{"id":1}', '{"id":[]}', '[]']) await logIn(reply)
  const outcomes = Object.entries(
    samplesOf(await scrape(service.url), 'txtoken_remote_calls_total')
  ).map(([name, count]) => [/outcome="(\w+)"/.exec(name)?.[1], count])
  t.deepEqual(Object.fromEntries(outcomes), { rejected_by_reply: 1, ok: 1, remote_reply: 2 })
})

test('oauth answers invalid_grant, and krakend with the status', async (t) => {
  const { logIn } = await startLogin(t, { route: { protocol: 'oauth' } })
  const oauth = await logIn('{"success":false}')
  t.is(oauth.status, 400)
  t.is(JSON.parse(oauth.text).error, 'invalid_grant')
  const remote = await startRemote(t, replying('{"user":{"id":1},"ok":false}'))
  const routes = [undefined, 'none'].map((refuse, index) => ({
    issue: `/sign/${index}`,
    protocol: 'krakend',
    claims: [{ from: 'remote', url: remote.url, refuse }],
    sign: ['user'],
    lifetime: '1h'
  }))
  const keys = [{ kid: 'main', alg: 'HS256', secret: '${ENC_KEY}' }]
  const { url } = await startService(t, { config: JSON.stringify({ keys, routes }) })
  t.is((await post(`${url}/sign/0`, '{}')).status, 401)
  t.is((await post(`${url}/sign/1`, '{}')).status, 200)
})

test('the flat form rejects them too', async (t) => {
  const remote = await startRemote(t, replying('{"success":false}'))
  const { url } = await startService(t, {
    config: JSON.stringify({ encKey: '${ENC_KEY}', remote: remote.url, statuses: 'relay' })
  })
  t.is((await send(`${url}/getToken`, { method: 'POST', body: '{}' })).status, 401)
})

test('wrong rules are reported', (t) => {
  const problems = (refuse: unknown) =>
    sourceProblems(t, { from: 'remote', url: 'http://login.example.com', refuse })
  t.deepEqual(problems({}), ['refuse: expected when or unless'])
  t.deepEqual(problems({ when: { a: 1 }, unless: { a: 1 } }), ['refuse: expected when or unless'])
  t.deepEqual(problems({ when: {} }), ['refuse.when: expected at least one path'])
  t.deepEqual(problems({ when: { 'a..b': 1 } }), [
    'refuse.when["a..b"]: expected a path in the reply, such as result.code'
  ])
  t.deepEqual(problems({ when: { a: { b: 1 } } }), [
    'refuse.when.a: expected text, a number, true, false, null, missing or present, found a map'
  ])
  t.deepEqual(problems({ when: { a: [] } }), [
    'refuse.when.a: expected at least one value, found an empty list'
  ])
  t.deepEqual(problems({ when: { a: 1 }, status: 500 }), [
    'refuse.status: expected 401, 403, 422 or 429, found a number'
  ])
  t.deepEqual(problems({ wen: { a: 1 } }), ['refuse.wen: unknown key, did you mean when?'])
  t.deepEqual(problems('never'), [
    'refuse: expected none, { when | unless, status }, or a list of these'
  ])
  t.deepEqual(problems([]), ['refuse: expected at least one rule, found an empty list'])
  t.deepEqual(problems([{ status: 401 }]), ['refuse[0]: expected when or unless'])
})
