import test from 'ava'
import { post, send } from '../helpers/http.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { fullConfig, startService } from '../helpers/service.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const KEYS = ['first-key-of-twenty-chars', 'second-key-of-twenty-chars']

test('a route with API keys is for those who have one, in either header', async (t) => {
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

test('routes without API keys are for everybody', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: fullConfig(remote.url) })
  t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
})

const SOURCE = { from: 'remote', url: 'http://127.0.0.1:9/' }
const OAUTH = '{"error":"invalid_client","error_description":"Invalid API key"}'
const kinds: [kind: string, route: Record<string, unknown>, refusal: string][] = [
  ['txtoken', { issue: '/a', claims: [SOURCE] }, '{"message":"Invalid API key"}'],
  ['oauth', { issue: '/a', protocol: 'oauth', claims: [SOURCE] }, OAUTH],
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
  ['revoke', { revoke: '/a' }, OAUTH],
  [
    'supertokens',
    { issue: '/recipe/jwt', protocol: 'supertokens', key: 'a', dynamicKey: 'a' },
    'Invalid API key'
  ]
]

for (const [kind, route, refusal] of kinds) {
  test(`${kind}: a caller without a key is refused in the words of the route`, async (t) => {
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
    t.is(answer.headers['www-authenticate'], 'Bearer')
    t.is(answer.text, refusal)
  })
}

test('public keys, health and metrics may be for those who have a key, too', async (t) => {
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
    const refused = await send(service.url + path)
    t.is(refused.status, 401, path)
    t.is(refused.text, '{"error":"Invalid API key"}', path)
    t.is((await send(service.url + path, { headers: { 'api-key': key } })).status, 200, path)
  }
  t.is((await send(`${service.url}/.well-known/jwks.json`)).status, 200)
})
