import test from 'ava'
import { fullConfig } from '../helpers/config-texts.ts'
import { post, send } from '../helpers/http.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { makeToken } from '../helpers/tokens.ts'

const KEYS = ['first-key-of-twenty-chars', 'second-key-of-twenty-chars']

test('a route with API keys accepts callers with a key, in either header', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const config = fullConfig(remote.url, {
    issue: { auth: { apiKeys: [{ env: 'FIRST' }, KEYS[1]] } }
  })
  const service = await startService(t, { config, env: { FIRST: KEYS[0] ?? '' } })
  const url = `${service.url}/getToken`
  for (const key of KEYS) {
    for (const headers of [
      { 'api-key': key },
      { authorization: `Bearer ${key}` },
      { authorization: key }
    ] as Record<string, string>[]) {
      t.is((await send(url, { method: 'POST', body: '{}', headers })).status, 200)
    }
  }
  for (const headers of [
    {},
    { 'api-key': '' },
    { 'api-key': `${KEYS[0]}x` },
    { 'api-key': KEYS.join(', ') },
    { authorization: `Basic ${KEYS[0]}` },
    { authorization: `Bearer\u00a0${KEYS[0]}` },
    { authorization: `Bearer ${KEYS[0]}\u00a0` },
    { 'api-key': 'wrong', authorization: `Bearer ${KEYS[0]}` }
  ] as Record<string, string>[]) {
    const answer = await send(url, { method: 'POST', body: '{}', headers })
    t.is(answer.status, 401)
    t.is(answer.headers['www-authenticate'], 'Bearer')
    t.is(answer.text, '{"message":"Invalid API key"}')
  }
  t.is(remote.requests.length, 6)
  t.false(JSON.stringify(service.log).includes(KEYS[0] ?? ''))
})

test('on OAuth routes the key may be the password of Basic, plain or form-encoded', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada"}'))
  const keys = ['a key: with + and %41 & = ä', 'plain-key-of-twenty-chars']
  const auth = { apiKeys: keys }
  const claims = [{ from: 'remote', url: remote.url }]
  const refresh = { route: '/refresh', recheck: remote.url }
  const verify = [{ keys: 'all' }]
  const service = await startService(t, {
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      revocation: { store: 'memory' },
      routes: [
        { issue: '/token', protocol: 'oauth', claims, refresh, auth },
        { issue: '/getToken', claims, auth },
        { check: '/introspect', protocol: 'introspection', verify, auth },
        { check: '/okera', protocol: 'okera', verify, auth },
        { revoke: '/revoke', auth }
      ]
    })
  })
  const ask = (path: string, authorization: string) => {
    const body = path === '/token' ? '{}' : 'token=a.b.c'
    return send(service.url + path, { method: 'POST', body, headers: { authorization } })
  }
  const basic = (credentials: string) => `Basic ${Buffer.from(credentials).toString('base64')}`
  const inForm = (key: string) => new URLSearchParams({ key }).toString().slice('key='.length)

  for (const key of keys) {
    for (const credentials of [`any:${key}`, `any:${inForm(key)}`, `:${key}`]) {
      t.is((await ask('/introspect', basic(credentials))).text, '{"active":false}', credentials)
      t.is((await ask('/revoke', basic(credentials))).status, 200, credentials)
      t.is((await ask('/token', basic(credentials))).status, 200, credentials)
      const refreshed = await ask('/refresh', basic(credentials))
      t.is(refreshed.status, 400, 'it has no refresh token')
    }
  }
  t.is((await ask('/introspect', basic(`x:${keys[1]}`).replace('Basic ', 'bAsIc  '))).status, 200)
  for (const credentials of [`${keys[1]}:`, `${keys[1]}`, `${keys[1]}:x`, ':', '', 'any:%']) {
    for (const path of ['/introspect', '/revoke', '/token', '/refresh']) {
      const answer = await ask(path, basic(credentials))
      t.is(answer.status, 401, `${path} ${credentials}`)
      t.is(answer.headers['www-authenticate'], 'Basic realm="txtoken", Bearer')
    }
  }
  for (const path of ['/getToken', '/okera']) {
    const answer = await ask(path, basic(`any:${keys[1]}`))
    t.is(answer.status, 401)
    t.is(answer.headers['www-authenticate'], 'Bearer')
  }
  t.false(JSON.stringify(service.log).includes(keys[1] ?? ''))
})

test('routes without API keys are open to anyone', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: fullConfig(remote.url) })
  t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
})

const SOURCE = { from: 'remote', url: 'http://127.0.0.1:9/' }
const OAUTH = '{"error":"invalid_client","error_description":"Invalid API key"}'
const OAUTH_CHALLENGE = 'Basic realm="txtoken", Bearer'
const kinds: [kind: string, route: Record<string, unknown>, error: string, challenge?: string][] = [
  ['txtoken', { issue: '/a', claims: [SOURCE] }, '{"message":"Invalid API key"}'],
  ['oauth', { issue: '/a', protocol: 'oauth', claims: [SOURCE] }, OAUTH, OAUTH_CHALLENGE],
  ['themis', { issue: '/a', protocol: 'themis', claims: [SOURCE] }, 'Invalid API key'],
  [
    'krakend',
    { issue: '/a', protocol: 'krakend', claims: [SOURCE], lifetime: '1h', sign: ['a'] },
    '{"error":"Invalid API key"}'
  ],
  ['claims', { claims: '/a', sources: [SOURCE], explain: true }, '{"error":"Invalid API key"}'],
  ['check', { check: '/a', verify: [{ keys: 'all' }] }, '{"error":"Invalid API key"}'],
  [
    'okera',
    { check: '/a', protocol: 'okera', verify: [{ keys: 'all' }] },
    '{"error":"unauthorized_caller","error_description":"Invalid API key"}'
  ],
  [
    'refresh',
    { issue: '/b', claims: [SOURCE], refresh: { route: '/a', recheck: SOURCE.url } },
    '{"message":"Invalid API key"}'
  ],
  ['revoke', { revoke: '/a' }, OAUTH, OAUTH_CHALLENGE],
  [
    'supertokens',
    { issue: '/recipe/jwt', protocol: 'supertokens', key: 'a', dynamicKey: 'a' },
    'Invalid API key'
  ]
]

for (const [kind, route, error, challenge = 'Bearer'] of kinds) {
  test(`${kind}: a caller without a key gets an error in the format of the route`, async (t) => {
    const config = JSON.stringify({
      keys: [
        kind === 'supertokens'
          ? { kid: 'a', alg: 'RS256', generate: { dir: await createTemporaryFolder(t) } }
          : { kid: 'a', alg: 'HS256', secret: '${ENC_KEY}' }
      ],
      revocation: { store: 'memory' },
      routes: [{ ...route, auth: { apiKeys: KEYS } }]
    })
    const { url } = await startService(t, { config })
    const path = kind === 'supertokens' ? '/recipe/jwt' : '/a?explain=1'
    const answer = await post(`${url}${path}`, '{}')
    t.is(answer.status, 401)
    t.is(answer.headers['www-authenticate'], challenge)
    t.is(answer.text, error)
  })
}

test('public keys, health and metrics may require a key, too', async (t) => {
  const key = KEYS[0] ?? ''
  const auth = { apiKeys: [key] }
  const { verifying } = generateKeys('ES256')
  const config = JSON.stringify({
    keys: [{ kid: 'a', alg: 'ES256', public: toPem(verifying) }],
    routes: [
      { keys: '/keys', auth },
      { health: '/health', auth },
      { metrics: '/numbers', auth },
      { check: '/checkToken', verify: [{ keys: 'all' }] }
    ]
  })
  const service = await startService(t, { config })
  for (const path of ['/keys/a', '/keys/a/key.pem', '/keys/a/jwk.json', '/health', '/numbers']) {
    const rejected = await send(service.url + path)
    t.is(rejected.status, 401, path)
    t.is(rejected.text, '{"error":"Invalid API key"}', path)
    t.is((await send(service.url + path, { headers: { 'api-key': key } })).status, 200, path)
  }
  t.is((await send(`${service.url}/.well-known/jwks.json`)).status, 200)
})

test('a key in Authorization is not taken for the token to check', async (t) => {
  const [key = ''] = KEYS
  const auth = { apiKeys: KEYS }
  const token = ['header', 'cookie:sid', 'query']
  const verify = [{ keys: 'all' }]
  const { url, urls } = await startService(t, {
    config: JSON.stringify({
      listen: { main: {}, gate: { port: 0 } },
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [
        { check: '/check', auth, token, verify },
        { check: '/open', token, verify },
        { check: '/auth', on: 'gate', protocol: 'forward-auth', auth, token, verify }
      ]
    })
  })
  const valid = makeToken('{"sub":"ada","exp":4000000000}')
  const cookie = `sid=${valid}`
  for (const [place, twice] of [
    [`${url}/check`, 400],
    [`${urls.get('gate')}/auth`, 401]
  ] as const) {
    const ask = async (headers: Record<string, string>, query = '') =>
      (await send(place + query, { headers })).status
    for (const authorization of [`Bearer ${key}`, `bearer  ${KEYS[1]}`, key]) {
      t.is(await ask({ authorization, cookie }), 200, authorization)
      t.is(await ask({ authorization }, `?access_token=${valid}`), 200)
      t.is(await ask({ authorization }), 401)
      t.is(await ask({ authorization, cookie }, `?access_token=${valid}`), twice)
    }
    // Otherwise Authorization has the token, which takes precedence.
    t.is(await ask({ 'api-key': key, authorization: `Bearer ${valid}`, cookie: 'sid=x' }), 200)
    t.is(await ask({ 'api-key': key, authorization: 'Bearer x', cookie }), 401)
    t.is(await ask({ 'api-key': key, authorization: `Bearer ${key}`, cookie }), 401)
    t.is(await ask({ authorization: `Bearer ${key}x`, cookie }), 401)
    t.is(await ask({ authorization: `Bearer ${key} ${valid}`, cookie }), 401)
  }
  const none = await send(`${url}/check`, { headers: { authorization: `Bearer ${key}` } })
  t.is(none.text, '{"error":"no token present in request"}')
  const open = { headers: { authorization: `Bearer ${key}`, cookie } }
  t.is((await send(`${url}/open`, open)).status, 401, 'a route without keys')
})
