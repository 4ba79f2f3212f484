/** Opaque tokens through a real socket, checked by an endpoint and by a real introspection route. */
import test, { type ExecutionContext } from 'ava'
import { addressesOfVerifiers, type VerifierConfig } from '../../../src/check/verifiers/registry.ts'
import { problemsOf } from '../../helpers/config.ts'
import { send } from '../../helpers/http.ts'
import { refusingUrl, replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY, makeToken } from '../../helpers/tokens.ts'

const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000
const OPAQUE = 'v1.opaque~"token"'
const KEYS = [{ alg: 'HS256', secret: '${ENC_KEY}' }]

async function startCheck(t: ExecutionContext, verify: object[], settings: object = {}) {
  const service = await startService(t, {
    config: JSON.stringify({
      keys: KEYS,
      routes: [{ check: '/check', verify, reasons: true, ...settings }]
    }),
    now
  })
  const check = (token: string) =>
    send(`${service.url}/check`, { headers: { authorization: `Bearer ${token}` } })
  return { ...service, check }
}

async function startIssuer(t: ExecutionContext, reply: object, settings: object = {}) {
  const remote = await startRemote(t, replying(JSON.stringify(reply)))
  const verifier = { endpoint: remote.url, allowHttp: true, opaque: true }
  return { remote, ...(await startCheck(t, [{ keys: 'all' }, verifier], settings)) }
}

test('a token that is not a JWT goes to the endpoint, and every JWT to the keys', async (t) => {
  const { check, remote, log } = await startIssuer(t, { sub: 'ada' })
  const answer = await check(OPAQUE)
  t.is(answer.status, 200)
  t.is(
    answer.text,
    `{"Raw":${JSON.stringify(OPAQUE)},"Method":null,"Header":null,"Claims":{"sub":"ada"},"Signature":"","Valid":true}`
  )
  t.is((await check(makeToken(`{"exp":${NOW_SECONDS + 9}}`))).status, 200)
  t.is(remote.requests.length, 1)
  t.false(JSON.stringify(log).includes('opaque'))
})

test('a token that looks like a JWT is checked as one, however it is spelled', async (t) => {
  const { check, remote } = await startIssuer(t, { sub: 'ada' })
  const token = makeToken(`{"exp":${NOW_SECONDS + 9}}`)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const space = Buffer.from(' {"alg":"HS256"}').toString('base64')
  for (const text of [
    `${token}x`,
    `${token}=`,
    `${token}.`,
    `${header}=.${payload}.${signature}`,
    `${header}.${payload}.`,
    `${header}..${signature}`,
    `${space}.${payload}.${signature}`,
    `*${header}.${payload}.${signature}`,
    `${token}.x.y.z`,
    makeToken('{"exp":1}'),
    makeToken(`{"exp":${NOW_SECONDS + 9}}`, { header: '{"alg":"none"}' })
  ]) {
    t.is((await check(text)).status, 401, text)
  }
  t.is(remote.requests.length, 0)
  // Only its issuer can read a JWE.
  t.is((await check(`${header}.key.iv.text.tag`)).status, 200)
  t.is((await check(header)).status, 200)
})

test('text that cannot be in a header, or is too long, is not sent to the endpoint', async (t) => {
  const { url, remote } = await startIssuer(t, { sub: 'ada' })
  for (const token of ['a b', 'a\r\nx-other: b', 'a\u0000', 'é', 'x'.repeat(16_385)]) {
    const body = JSON.stringify({ token })
    t.is((await send(`${url}/check`, { method: 'POST', body })).status, 401, token.slice(0, 20))
  }
  t.is(remote.requests.length, 0)
})

for (const [title, reply, settings, status, reason] of [
  ['without an exp, which it does not need', {}, {}, 200, ''],
  ['whose exp has passed', { exp: NOW_SECONDS }, { skew: '0s' }, 401, 'expired'],
  ['that is not valid yet', { nbf: NOW_SECONDS + 60 }, {}, 401, 'not_yet'],
  ['with an exp that is text', { exp: '9999999999' }, {}, 200, ''],
  ['whose exp, as text, has passed', { exp: String(NOW_SECONDS) }, { skew: '0s' }, 401, 'expired'],
  ['of another issuer', { iss: 'b' }, { require: { issuer: 'a' } }, 401, 'issuer'],
  ['for another audience', { aud: ['b'] }, { require: { audience: 'a' } }, 401, 'audience'],
  ['with the scope', { scope: 'read write' }, { require: { scopes: ['read'] } }, 200, ''],
  ['without the scope', { scope: 'write' }, { require: { scopes: ['read'] } }, 403, 'scope'],
  ['of the client', { client_id: 'c' }, { require: { claims: { client_id: 'c' } } }, 200, ''],
  [
    'of another client',
    { client_id: 'd' },
    { require: { claims: { client_id: 'c' } } },
    403,
    'claim'
  ],
  ['without an iat, that has to be young', {}, { require: { maxAge: '1h' } }, 401, 'no_iat'],
  ['with the mark of service bearers', { txtoken_use: 'service-bearer' }, {}, 401, 'bearer']
] as [string, object, object, number, string][]) {
  test(`an opaque token ${title} is answered with ${status}`, async (t) => {
    const remote = await startRemote(t, replying(JSON.stringify({ active: true, ...reply })))
    const introspection = { url: remote.url, allowHttp: true }
    const { check } = await startCheck(t, [{ introspection }], settings)
    const answer = await check(OPAQUE)
    t.is(answer.status, status)
    if (status !== 200) t.is(JSON.parse(answer.text).reason, reason)
  })
}

test('an opaque token is revoked by its jti or its subject', async (t) => {
  const remote = await startRemote(t, replying('{"active":true,"sub":"ada","jti":"7"}'))
  const verify = [{ introspection: { url: remote.url, allowHttp: true, cache: {} } }]
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: KEYS,
      revocation: { store: 'memory' },
      routes: [
        { check: '/auth', protocol: 'forward-auth', verify, headers: { 'X-User': 'sub' } },
        { revoke: '/revoke', verify }
      ]
    }),
    now
  })
  const headers = { authorization: `Bearer ${OPAQUE}` }
  const answer = await send(`${url}/auth`, { headers })
  t.is(answer.headers['x-user'], 'ada')
  const body = new URLSearchParams({ token: OPAQUE }).toString()
  t.is((await send(`${url}/revoke`, { method: 'POST', body })).status, 200)
  t.is((await send(`${url}/auth`, { headers })).status, 401)
  t.true(remote.requests.length <= 2)
})

test('a real introspection route checks JWTs for another service', async (t) => {
  const key = 'a-key-of-the-resource-server&more'
  const server = await startService(t, {
    config: JSON.stringify({
      keys: KEYS,
      routes: [
        {
          check: '/introspect',
          protocol: 'introspection',
          auth: { apiKeys: [key] },
          verify: [{ keys: 'all' }]
        }
      ]
    }),
    now
  })
  const url = `${server.url}/introspect`
  const introspection = { url, allowHttp: true, client: { id: 'gate', secret: key } }
  const { check } = await startCheck(t, [{ introspection }])
  const answer = await check(makeToken(`{"sub":"ada","exp":${NOW_SECONDS + 9}}`))
  t.is(answer.status, 200)
  t.like(JSON.parse(answer.text).Claims, { sub: 'ada' })
  t.is((await check(makeToken('{"exp":1}'))).status, 401)
  t.is((await check(OPAQUE)).status, 401)
  const wrong = { ...introspection, client: { id: 'gate', secret: 'another-secret' } }
  t.is((await (await startCheck(t, [{ introspection: wrong }])).check(OPAQUE)).status, 503)
})

test('while the endpoint is down, no token passes', async (t) => {
  const url = await refusingUrl(t)
  for (const verifier of [
    { endpoint: url, allowHttp: true, opaque: true },
    { introspection: { url, allowHttp: true } }
  ]) {
    t.is((await (await startCheck(t, [verifier])).check(OPAQUE)).status, 503)
  }
})

test('without a verifier that takes them, opaque tokens are malformed', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada"}'))
  const { check } = await startCheck(t, [{ endpoint: remote.url, allowHttp: true }])
  const answer = await check(OPAQUE)
  t.is(answer.status, 401)
  t.is(JSON.parse(answer.text).reason, 'malformed')
  t.is(remote.requests.length, 0)
})

test('the address of an introspection endpoint is probed', (t) => {
  const [address] = addressesOfVerifiers('verify', [
    { introspection: { url: 'https://idp.example.com/introspect' } } as VerifierConfig
  ])
  t.deepEqual(address?.setting, ['verify', 0, 'introspection', 'url'])
  t.is(address?.url.href, 'https://idp.example.com/introspect')
})

test('wrong settings are reported', (t) => {
  const problems = (verifier: object) =>
    problemsOf(
      t,
      JSON.stringify({ keys: KEYS, routes: [{ check: '/check', verify: [verifier] }] }),
      { env: { ENC_KEY } }
    )
  t.deepEqual(problems({ introspection: { url: 'http://idp.example.com/introspect' } }), [
    'routes[0].verify[0].introspection.url: expected an https:// URL; plain http:// needs allowHttp: true'
  ])
  t.deepEqual(problems({ introspection: { url: 'https://a.example', client: { id: 'a' } } }), [
    'routes[0].verify[0].introspection.client.secret: expected text in quotes, { file: path } or { env: NAME }, found nothing'
  ])
})
