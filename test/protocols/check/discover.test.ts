import { type KeyObject, sign } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { parseConfig } from '../../../src/config/load.ts'
import { createSecretReader } from '../../../src/settings/secrets.ts'
import { send, serve } from '../../helpers/http.ts'
import { generateKeys, toJwk } from '../../helpers/keys.ts'
import { startService } from '../../helpers/service.ts'
import { encode } from '../../helpers/tokens.ts'

const keys = generateKeys('ES256')
const SET = { keys: [toJwk(keys.verifying, { kid: 'k' })] }

function signToken(claims: object): string {
  const parts = [
    { alg: 'ES256', kid: 'k' },
    { exp: 9_999_999_999, ...claims }
  ]
  const input = parts.map((part) => encode(JSON.stringify(part))).join('.')
  const key: { key: KeyObject; dsaEncoding: 'ieee-p1363' } = {
    key: keys.signing,
    dsaEncoding: 'ieee-p1363'
  }
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`
}

/** An identity provider: the documents at its paths, and the requested paths. */
async function startProvider(
  t: ExecutionContext,
  documents: (url: string) => Readonly<Record<string, unknown>>
) {
  const asked: string[] = []
  const url = await serve(t, ({ url: path = '' }, response) => {
    asked.push(path)
    const document = documents(url)[path]
    response.statusCode = document === undefined ? 404 : 200
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(document))
  })
  return { url, asked }
}

async function startChecking(t: ExecutionContext, verifier: object) {
  const verify = [{ algorithms: ['ES256'], allowHttp: true, ...verifier }]
  const service = await startService(t, {
    config: JSON.stringify({ routes: [{ check: '/check', verify }] })
  })
  return {
    ...service,
    async check(claims: object) {
      const authorization = `Bearer ${signToken(claims)}`
      return (await send(`${service.url}/check`, { headers: { authorization } })).status
    }
  }
}

for (const [form, path, document] of [
  ['OpenID Connect has it', '', '/.well-known/openid-configuration'],
  [
    'OpenID Connect has it, for an issuer below a path',
    '/a/b',
    '/a/b/.well-known/openid-configuration'
  ],
  [
    'OpenID Connect has it, for an issuer with a slash at its end',
    '/',
    '/.well-known/openid-configuration'
  ],
  ['RFC 8414 has it', '', '/.well-known/oauth-authorization-server'],
  [
    'RFC 8414 has it, for an issuer below a path',
    '/a/b',
    '/.well-known/oauth-authorization-server/a/b'
  ],
  ['RFC 8414 has the OpenID Connect one', '/a', '/.well-known/openid-configuration/a']
] as const) {
  test(`an issuer leads to its JWK Set where ${form}`, async (t) => {
    const provider = await startProvider(t, (url) => ({
      [document]: { issuer: url + path, jwks_uri: `${url}/elsewhere/keys` },
      '/elsewhere/keys': SET
    }))
    const issuer = provider.url + path
    const { check } = await startChecking(t, { discover: issuer })
    t.is(await check({ iss: issuer }), 200)
    t.is(await check({ iss: `${issuer}x` }), 401)
    t.is(await check({}), 401)
  })
}

for (const [what, document] of [
  ['is a page', () => '<!doctype html>'],
  ['has another issuer', (url: string) => ({ issuer: url, jwks_uri: `${url}/others` })],
  ['has no JWK Set', (url: string) => ({ issuer: `${url}/a` })]
] as const) {
  test(`the next place is tried where a document ${what}`, async (t) => {
    const provider = await startProvider(t, (url) => ({
      '/a/.well-known/openid-configuration': document(url),
      '/.well-known/oauth-authorization-server/a': { issuer: `${url}/a`, jwks_uri: `${url}/keys` },
      '/keys': SET
    }))
    const { check } = await startChecking(t, { discover: `${provider.url}/a` })
    t.is(await check({ iss: `${provider.url}/a` }), 200)
    t.false(provider.asked.includes('/others'))
  })
}

test('metadata of many tenants leads to the keys of all tenants, or of the listed ones', async (t) => {
  const provider = await startProvider(t, (url) => ({
    '/common/v2.0/.well-known/openid-configuration': {
      issuer: `${url}/{tenantid}/v2.0`,
      jwks_uri: `${url}/common/keys`
    },
    '/common/keys': SET
  }))
  const discover = `${provider.url}/common/v2.0`
  const iss = (tenant: string) => `${provider.url}/${tenant}/v2.0`
  for (const claim of ['tid', 'tenantid']) {
    const issuer = `${provider.url}/{${claim}}/v2.0`
    const { check } = await startChecking(t, { discover, issuer })
    t.is(await check({ iss: iss('t1'), tid: 't1' }), 200)
    t.is(await check({ iss: iss('t1'), tid: 't2' }), 401)
    t.is(await check({ iss: iss('..'), tid: '..' }), 401)
    const listed = await startChecking(t, { discover, issuer, tenants: ['t1'] })
    t.is(await listed.check({ iss: iss('t1'), tid: 't1' }), 200)
    t.is(await listed.check({ iss: iss('t2'), tid: 't2' }), 401)
  }
})

for (const [what, metadata] of [
  [
    'of another issuer',
    (url: string) => ({ issuer: 'https://evil.example', jwks_uri: `${url}/keys` })
  ],
  ['of the issuer with a slash', (url: string) => ({ issuer: `${url}/`, jwks_uri: `${url}/keys` })],
  ['without an issuer', (url: string) => ({ jwks_uri: `${url}/keys` })],
  ['without a JWK Set', (url: string) => ({ issuer: url })],
  ['with a JWK Set in a file', (url: string) => ({ issuer: url, jwks_uri: 'file:///etc/passwd' })],
  ['with a password', (url: string) => ({ issuer: url, jwks_uri: url.replace('//', '//a:b@') })],
  ['that is a list', () => []]
] as const) {
  test(`metadata ${what} gives no key, and the reason is logged`, async (t) => {
    const provider = await startProvider(t, (url) => ({
      '/.well-known/openid-configuration': metadata(url),
      '/keys': SET
    }))
    const { check, log } = await startChecking(t, { discover: provider.url })
    t.is(await check({ iss: provider.url }), 503)
    t.false(provider.asked.includes('/keys'))
    const line = log.find(({ msg }) => msg === 'JWK Set not fetched')
    t.is(line?.outcome, 'metadata')
    t.regex(String(line?.error), /^(?:found metadata|jwks_uri: found)/)
  })
}

test('a JWK Set that has moved is found by the next fetch, which does not send the old ETag', async (t) => {
  let place = '/one'
  const tags: unknown[] = []
  const url = await serve(t, (request, response) => {
    const { url: path = '' } = request
    response.setHeader('content-type', 'application/json')
    if (path.startsWith('/.well-known/')) {
      response.end(JSON.stringify({ issuer: url, jwks_uri: url + place }))
      return
    }
    tags.push(request.headers['if-none-match'])
    response.setHeader('etag', '"x"')
    if (path === '/two' && request.headers['if-none-match'] === '"x"') {
      response.writeHead(304).end()
      return
    }
    response.end(JSON.stringify(path === '/one' ? { keys: [{ ...SET.keys[0], kid: 'old' }] } : SET))
  })
  let time = Date.now()
  const verify = [{ discover: url, algorithms: ['ES256'], allowHttp: true }]
  const service = await startService(t, {
    config: JSON.stringify({ routes: [{ check: '/check', verify }] }),
    now: () => time
  })
  place = '/two'
  time += 31_000
  const authorization = `Bearer ${signToken({ iss: url })}`
  t.is((await send(`${service.url}/check`, { headers: { authorization } })).status, 200)
  t.deepEqual(tags, [undefined, undefined])
})

test('settings that can never find an issuer do not start', (t) => {
  const problemsOf = (verifier: object) => {
    const config = { routes: [{ check: '/c', verify: [{ algorithms: ['ES256'], ...verifier }] }] }
    const reader = createSecretReader({ folder: '.', env: {} })
    const error = t.throws(() => parseConfig(JSON.stringify(config), { env: {}, reader }))
    return error?.message ?? ''
  }
  t.regex(problemsOf({ discover: 'http://idp.example' }), /plain http:\/\/ needs allowHttp/)
  t.regex(
    problemsOf({ discover: 'https://idp.example/.well-known/openid-configuration' }),
    /expected the URL of an issuer/
  )
  t.regex(problemsOf({ discover: 'https://idp.example/{tid}' }), /expected the URL of an issuer/)
  t.regex(problemsOf({ discover: 'https://idp.example', tenants: ['a'] }), /tenants: only goes/)
  t.regex(
    problemsOf({ jwks: 'https://idp.example/k', issuer: 'https://x/a{tid}' }),
    /issuer: expected each \{claim\}/
  )
})
