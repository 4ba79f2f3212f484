import test from 'ava'
import { jwtVerify } from 'jose'
import { post, send } from '../../helpers/http.ts'
import { generateKeys, toPem } from '../../helpers/keys.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'

const { signing, verifying } = generateKeys('RS256')

function config(route: object): string {
  return JSON.stringify({
    keys: [{ kid: 'tr1d1um', alg: 'RS256', private: toPem(signing) }],
    routes: [
      {
        issue: '/issue',
        protocol: 'themis',
        claims: [{ from: 'fixed', set: { Nested: { ID: 1 } } }],
        ...route
      }
    ]
  })
}

for (const [what, ask] of [
  ['GET', (url: string) => send(url)],
  ['POST without a body', (url: string) => send(url, { method: 'POST' })],
  ['POST of anything', (url: string) => post(url, 'not { JSON')]
] as const) {
  test(`a ${what} is answered with the bare token`, async (t) => {
    const service = await startService(t, { config: config({}) })
    const answer = await ask(`${service.url}/issue`)
    t.is(answer.status, 200)
    t.is(answer.headers['content-type'], 'application/jose')
    t.is(answer.headers['cache-control'], 'no-store')
    const { payload, protectedHeader } = await jwtVerify(answer.text, verifying)
    t.deepEqual(protectedHeader, { alg: 'RS256', typ: 'JWT', kid: 'tr1d1um' })
    t.deepEqual(payload.Nested, { ID: 1 })
  })
}

test('errors are text', async (t) => {
  const apiKeys = ['an API key of some length']
  const service = await startService(t, { config: config({ auth: { apiKeys } }) })
  const answer = await send(`${service.url}/issue`)
  t.is(answer.status, 401)
  t.is(answer.text, 'Invalid API key')
  t.is(answer.headers['content-type'], 'text/plain; charset=utf-8')
  t.is(answer.headers['x-content-type-options'], 'nosniff')
  t.is(answer.headers['www-authenticate'], 'Bearer')
  const wrong = await send(`${service.url}/issue`, { method: 'DELETE' })
  t.is(wrong.status, 405)
  t.is(wrong.headers.allow, 'HEAD, GET, POST')
})

test('a request that the remote rejects is an error, and no token is issued without its claims', async (t) => {
  const remote = await startRemote(t, replying('{}', 403))
  const claims = [{ from: 'remote', url: remote.url, at: 'data' }]
  const own = await startService(t, { config: config({ claims }) })
  t.is((await send(`${own.url}/issue`)).status, 500)
  const relaying = await startService(t, { config: config({ claims, statuses: 'relay' }) })
  t.is((await send(`${relaying.url}/issue`)).status, 403)
})
