/** The body that a remote gets for a login: fields of it, as JSON or as a form. */
import test, { type ExecutionContext } from 'ava'
import { sourceProblems } from '../../../helpers/claims.ts'
import { send } from '../../../helpers/http.ts'
import { replying, startRemote } from '../../../helpers/remote.ts'
import { startService } from '../../../helpers/service.ts'

const FORM = 'application/x-www-form-urlencoded'
const LOGIN = '{"email":"ada@example.com","password":"a&b=c d","n":1.10,"user":{"roles":["x"]}}'

/** Starts a route of each protocol in front of an API, and returns functions for clients. */
async function startLogin(t: ExecutionContext, source: object, reply = '{"user":{"id":1}}') {
  const remote = await startRemote(t, replying(reply))
  const claims = [{ from: 'remote', url: remote.url, at: 'data', ...source }]
  const config = {
    keys: [{ kid: 'main', alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [
      { issue: '/txtoken', claims },
      { issue: '/oauth', protocol: 'oauth', claims },
      { issue: '/themis', protocol: 'themis', claims },
      { claims: '/claims', sources: claims },
      {
        issue: '/krakend',
        protocol: 'krakend',
        claims: claims.map(({ at: _, ...one }) => one),
        sign: ['user'],
        lifetime: '1h'
      }
    ]
  }
  const service = await startService(t, {
    config: JSON.stringify(config),
    env: { CLIENT_SECRET: 's e&cret' }
  })
  return {
    remote,
    /** Sends a login, and returns the answer with the body that the remote got, if any. */
    async logIn(path: string, body: string | undefined, type?: string, method = 'POST') {
      const before = remote.requests.length
      const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
      const answer = await send(`${service.url}${path}`, {
        method,
        headers,
        ...(body !== undefined && { body })
      })
      const seen = remote.requests[before]
      return { ...answer, type: seen?.headers['content-type'], sent: seen?.body.toString() }
    }
  }
}

const PATHS = ['/txtoken', '/oauth', '/themis', '/claims', '/krakend']

test('send: form sends the members of the JSON as a form', async (t) => {
  const { logIn } = await startLogin(t, { send: 'form' })
  const login =
    '{"email":"ada@example.com","password":"a&b=c d","n":1.10,"on":true,"none":null,"é":"ü"}'
  for (const path of PATHS) {
    const { status, type, sent } = await logIn(path, login)
    t.is(status, 200, path)
    t.is(type, FORM)
    t.is(sent, 'email=ada%40example.com&password=a%26b%3Dc+d&n=1.10&on=true&%C3%A9=%C3%BC')
  }
})

for (const body of ['{"a":{}}', '{"a":[1]}', '{"a":"\\ud800"}', '{"\\ud800":1}', '[1]', '"text"']) {
  test(`${body} cannot be a form, and is rejected before the remote is called`, async (t) => {
    const { logIn } = await startLogin(t, { send: 'form' })
    const { status, sent, text } = await logIn('/txtoken', body)
    t.is(status, 400)
    t.is(sent, undefined)
    t.notRegex(text, /ud800/)
  })
}

test('fields can be renamed, come from any depth, and be fixed', async (t) => {
  const body = {
    username: 'email',
    password: 'password',
    tenant: { value: 'acme' },
    client_secret: { secret: { env: 'CLIENT_SECRET' } },
    role: 'user.roles.0',
    otp: 'otp?'
  }
  const form = await startLogin(t, { send: 'form', body })
  t.is(
    (await form.logIn('/txtoken', LOGIN)).sent,
    'username=ada%40example.com&password=a%26b%3Dc+d&tenant=acme&client_secret=s+e%26cret&role=x'
  )
  const json = await startLogin(t, { body })
  const { sent, type } = await json.logIn('/txtoken', LOGIN)
  t.is(type, 'application/json')
  t.is(
    sent,
    '{"username":"ada@example.com","password":"a&b=c d","tenant":"acme","client_secret":"s e&cret","role":"x"}'
  )
})

test('in JSON a dot in a name makes an object, in a form it is a dot', async (t) => {
  const body = {
    query: { value: 'mutation { login }' },
    'variables.email': 'email',
    'variables.input.n': 'n',
    'a\\.b': { value: { Nested: [1.5, null] } }
  }
  const json = await startLogin(t, { body })
  t.is(
    (await json.logIn('/txtoken', LOGIN)).sent,
    '{"query":"mutation { login }","variables":{"email":"ada@example.com","input":{"n":1.10}},"a.b":{"Nested":[1.5,null]}}'
  )
  const form = await startLogin(t, {
    send: 'form',
    body: { 'user.email': 'email', 'u[n]': 'n', 'a\\.b': 'n', 'c\\\\d': 'n' }
  })
  t.is(
    (await form.logIn('/txtoken', LOGIN)).sent,
    'user.email=ada%40example.com&u%5Bn%5D=1.10&a.b=1.10&c%5Cd=1.10'
  )
})

test('a login that lacks a field is rejected, and the remote is not called', async (t) => {
  const { logIn } = await startLogin(t, { body: { username: 'user.email', password: 'password' } })
  for (const body of ['{"password":"p"}', '{"user":"ada","password":"p"}', '[]', 'null']) {
    const { status, text, sent } = await logIn('/txtoken', body)
    t.is(status, 400)
    t.is(text, '{"message":"username is missing, expected it in user.email of the body"}')
    t.is(sent, undefined)
  }
  t.is(
    (await logIn('/txtoken', '{"user":{"email":null},"password":""}')).sent,
    '{"username":null,"password":""}'
  )
})

test('in a form, a field that is null is missing', async (t) => {
  const body = { username: 'user.email', otp: 'otp?', tenant: { value: 'acme' } }
  const { logIn } = await startLogin(t, { send: 'form', body })
  for (const path of PATHS) {
    const { status, sent } = await logIn(path, '{"user":{"email":null},"otp":"1"}')
    t.is(status, 400, path)
    t.is(sent, undefined)
  }
  t.is(
    (await logIn('/txtoken', '{"user":{"email":null}}')).text,
    '{"message":"username is missing, expected it in user.email of the body"}'
  )
  t.is(
    (await logIn('/txtoken', '{"user":{"email":"null"},"otp":null}')).sent,
    'username=null&tenant=acme'
  )
})

test('a form of the client reaches the remote as JSON or as a form', async (t) => {
  const json = await startLogin(t, {})
  const form = await startLogin(t, { send: 'form' })
  for (const path of PATHS) {
    const type = `${FORM}; charset=utf-8`
    const { status, sent } = await json.logIn(path, 'email=ada%40example.com&password=a+%26b', type)
    t.is(status, 200, path)
    t.is(sent, '{"email":"ada@example.com","password":"a &b"}')
    t.is((await form.logIn(path, 'b=%2B&a=+', FORM)).sent, 'b=%2B&a=+')
    t.is((await json.logIn(path, 'a=1&a=2', FORM)).status, 400)
    t.is((await json.logIn(path, 'a=%ff', FORM)).status, 400)
    t.is((await json.logIn(path, 'a=1')).status, 400)
    t.is((await json.logIn(path, 'a', FORM)).status, 400)
  }
  t.is((await json.logIn('/txtoken', 'a=&b=1', FORM)).sent, '{"a":"","b":"1"}')
  t.is((await json.logIn('/oauth', 'a=&b=1', FORM)).sent, '{"b":"1"}')
})

test('JSON with the content type of a form, as curl sends it, stays unchanged', async (t) => {
  const { logIn } = await startLogin(t, {})
  for (const body of [' {"a":"b=c"}', '["="]', '"a=b"', 'null', '1']) {
    t.is((await logIn('/txtoken', body, FORM)).sent, body)
  }
  t.is((await logIn('/txtoken', '{"a=":', FORM)).status, 400)
})

for (const [kind, source] of [
  ['send: nothing', { send: 'nothing' }],
  ['a GET', { method: 'GET' }],
  ['metadata', { send: 'metadata', metadata: [{ name: 'a', value: 1 }] }],
  [
    'fields that are the same in each call',
    { body: { grant_type: { value: 'client_credentials' } } }
  ]
] as const) {
  test(`${kind}: a login needs no body`, async (t) => {
    const { logIn } = await startLogin(t, source)
    for (const path of PATHS) {
      t.is((await logIn(path, undefined)).status, 200, path)
      t.is((await logIn(path, 'anything')).status, 200, path)
    }
    t.is((await logIn('/krakend', undefined, undefined, 'GET')).status, 200)
    t.is((await logIn('/txtoken', undefined, undefined, 'GET')).status, 405)
  })
}

test('an object whose optional fields are all missing is left out, and an empty one of the client is not', async (t) => {
  const { logIn } = await startLogin(t, {
    body: { username: 'email', 'user.name': 'n?', 'user.in.it': 'it?', 'app.id': { value: {} } }
  })
  for (const [body, sent] of [
    ['{"email":"a"}', '{"username":"a","app":{"id":{}}}'],
    ['{"email":"a","n":{}}', '{"username":"a","user":{"name":{}},"app":{"id":{}}}'],
    ['{"email":"a","it":1}', '{"username":"a","user":{"in":{"it":1}},"app":{"id":{}}}']
  ] as const) {
    t.is((await logIn('/txtoken', body)).sent, sent)
  }
})

test('where the body is sent, a login needs one, and krakend rejects GET', async (t) => {
  const { logIn } = await startLogin(t, { body: { a: 'a?' } })
  for (const path of ['/txtoken', '/oauth', '/krakend']) {
    t.is((await logIn(path, undefined)).status, 400, path)
  }
  t.is((await logIn('/krakend', undefined, undefined, 'GET')).status, 405)
  t.is((await logIn('/themis', undefined)).sent, '{}')
})

test('wrong bodies are reported', (t) => {
  const problems = (more: object) =>
    sourceProblems(t, { from: 'remote', url: 'http://login.example.com', ...more })
  const body = { a: 'b' }
  const places = ['body: expected send: body or form']
  t.deepEqual(problems({ body, send: 'nothing' }), places)
  t.deepEqual(problems({ body, method: 'GET' }), places)
  t.deepEqual(problems({ body: {} }), ['body: expected at least one field'])
  t.deepEqual(problems({ body: { a: 'b', 'a.c': 'd' } }), [
    'body["a.c"]: expected a field that is not inside of another one here'
  ])
  t.deepEqual(problems({ body: { a: { value: 1, secret: 'x' } } }), [
    'body.a: expected value or secret'
  ])
  t.deepEqual(problems({ body: { a: {} } }), ['body.a: expected value or secret'])
  t.deepEqual(problems({ body: { a: 1 } }), [
    'body.a: expected a path in the JSON of the client, { value: ... } or { secret: ... }, found a number'
  ])
  t.deepEqual(problems({ body: { 'a..b': 'c' } }), [
    'body["a..b"]: expected the name of a field; a backslash goes before a dot that belongs to it'
  ])
})
