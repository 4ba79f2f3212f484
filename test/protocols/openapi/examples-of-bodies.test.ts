/** The example bodies of the document, as `/docs` sends them. */
import test, { type ExecutionContext } from 'ava'
import { createDemoLoginApi } from '../../../src/demo/login-api.ts'
import { post, send, serve } from '../../helpers/http.ts'
import { assertDocument } from '../../helpers/openapi.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY } from '../../helpers/tokens.ts'

type Examples = Readonly<Record<string, { readonly example?: Record<string, unknown> }>>

const FORM = 'application/x-www-form-urlencoded'
const API_KEY = 'an API key of the gateways'
const CHECK = { check: '/checkToken', verify: [{ keys: 'all' }] }

/** Starts a service with these routes, and returns the example bodies of its document. */
async function startDescribed(t: ExecutionContext, routes: object[]) {
  const keys = [{ alg: 'HS256', secret: '${ENC_KEY}' }]
  const { url } = await startService(t, { config: JSON.stringify({ docs: true, keys, routes }) })
  const document = JSON.parse((await send(`${url}/openapi.json`)).text)
  await assertDocument(t, document)
  const examples = (path: string): Examples => document.paths[path].post.requestBody.content
  return { url, examples }
}

async function exampleOf(t: ExecutionContext, route: object) {
  const { examples } = await startDescribed(t, [{ issue: '/login', ...route }])
  return examples('/login')
}

/** The login API of the demo, and a source that sends it the body of the client. */
async function startDemo(t: ExecutionContext) {
  const url = await serve(t, createDemoLoginApi({ secret: ENC_KEY }).callback())
  return { from: 'remote', url: `${url}/login`, bearer: { authorization: 'internal' }, at: 'data' }
}

test('the example of an issue route gets a token of the demo, which passes in the examples of check routes', async (t) => {
  const demo = await startDemo(t)
  const auth = { apiKeys: [API_KEY] }
  const introspection = { ...CHECK, check: '/introspect', protocol: 'introspection', auth }
  const { url, examples } = await startDescribed(t, [
    { issue: '/getToken', claims: [demo] },
    CHECK,
    introspection
  ])
  const issued = await post(
    `${url}/getToken`,
    JSON.stringify(examples('/getToken')['application/json']?.example)
  )
  t.is(issued.status, 200, issued.text)
  const { token } = JSON.parse(issued.text)
  const paste = (example = {}) =>
    Object.fromEntries(Object.keys(example).map((name) => [name, token]))

  const { 'application/json': json, [FORM]: form } = examples('/checkToken')
  t.like(JSON.parse((await post(`${url}/checkToken`, JSON.stringify(paste(json?.example)))).text), {
    Valid: true
  })
  for (const [path, example] of [
    ['/checkToken', form?.example],
    ['/introspect', examples('/introspect')[FORM]?.example]
  ] as const) {
    const answer = await send(url + path, {
      method: 'POST',
      headers: { 'content-type': FORM, 'api-key': API_KEY },
      body: new URLSearchParams(paste(example)).toString()
    })
    t.is(answer.status, 200, answer.text)
    t.notRegex(answer.text, /"active":false/)
  }
})

test('an example has the fields that the configuration names, and these work with the demo', async (t) => {
  const demo = await startDemo(t)
  const body = { email: 'user.name', password: 'user.pass', kind: { value: 'web' } }
  const claims = [
    { ...demo, body },
    { from: 'request', claim: 'age', body: 'age', type: 'number' }
  ]
  const { url, examples } = await startDescribed(t, [{ issue: '/getToken', claims }, CHECK])
  const { 'application/json': json, [FORM]: form } = examples('/getToken')
  t.deepEqual(json?.example, { user: { name: 'ada@example.com', pass: '12345' }, age: 1 })
  t.is(form?.example, undefined)
  const { status, text } = await post(`${url}/getToken`, JSON.stringify(json?.example))
  t.is(status, 200, text)
})

test('the names that attempts are counted by are in the example', async (t) => {
  const { url } = await startRemote(t, replying('{}'))
  const claims = [
    { from: 'request', claim: 'tenant', body: 'tenant' },
    { from: 'request', claim: 'login', body: 'username' },
    { from: 'remote', url, at: 'data' }
  ]
  const attempts = { by: ['client', 'body:username'], allow: 9, per: '1m' }
  const { 'application/json': json, [FORM]: form } = await exampleOf(t, { claims, attempts })
  t.deepEqual(json?.example, { username: 'ada@example.com', password: '12345', tenant: 'any text' })
  t.deepEqual(form?.example, json?.example)
})

test('a body that no source reads has no example', async (t) => {
  const claims = [{ from: 'fixed', set: { sub: 'ada' } }]
  const { 'application/json': json } = await exampleOf(t, { claims })
  t.is(json?.example, undefined)
})
