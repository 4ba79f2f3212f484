import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { isSymmetric } from '../../../src/keys/algorithms.ts'
import { ALGORITHMS } from '../../../src/keys/key.ts'
import { generateKeys, toJwk, toPem } from '../../helpers/keys.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const KEYS = ALGORITHMS.map((alg) => ({ alg, ...generateKeys(alg) }))

/** A service with a key of each algorithm, named after it. */
async function startPublisher(t: ExecutionContext, more: object = {}, now = Date.now) {
  const remote = await startRemote(t, replying('{"id":1}'))
  const config = {
    keys: KEYS.map(({ alg, signing }) =>
      isSymmetric(alg)
        ? { kid: alg, alg, jwks: JSON.stringify({ keys: [toJwk(signing, { kid: alg })] }) }
        : { kid: alg, alg, private: toPem(signing) }
    ),
    routes: [
      {
        issue: '/token',
        key: 'ES256',
        claims: [{ from: 'remote', url: remote.url, at: 'data' }]
      },
      { keys: '/keys' }
    ],
    ...more
  }
  return startService(t, { config: JSON.stringify(config), now })
}

test('the JWK Set has every public key with kty, kid, alg and use, and nothing private', async (t) => {
  const { url } = await startPublisher(t)
  const response = await fetch(`${url}/.well-known/jwks.json`)
  t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
  const { keys } = (await response.json()) as { keys: Record<string, string>[] }
  const published = ALGORITHMS.filter((alg) => !isSymmetric(alg))
  t.deepEqual(
    keys.map(({ kid }) => kid),
    published
  )
  for (const jwk of keys) {
    t.deepEqual(Object.keys(jwk).slice(0, 4), ['kty', 'kid', 'alg', 'use'])
    t.is(jwk.alg, jwk.kid)
    t.not(jwk.kty, 'oct')
    for (const member of PRIVATE_MEMBERS) t.false(member in jwk, `${jwk.kid} has ${member}`)
  }
})

test('a token verifies with the published set in another implementation', async (t) => {
  const { url } = await startPublisher(t, { issuer: 'https://tokens.example.com' })
  const { token } = (await (
    await fetch(`${url}/token`, { method: 'POST', body: '{}' })
  ).json()) as {
    token: string
  }
  const set = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: [] }
  const verified = await jwtVerify(token, createLocalJWKSet(set), {
    issuer: 'https://tokens.example.com'
  })
  t.deepEqual(verified.payload.data, { id: 1 })
})

test('the JWK Set may be cached until the next change, and no longer than a quarter of an hour', async (t) => {
  const now = Date.parse('2026-11-21T12:00:00Z')
  const [first, second] = [generateKeys('ES256'), generateKeys('ES256')]
  const config = (until: string) =>
    JSON.stringify({
      keys: [
        { kid: 'old', alg: 'ES256', private: toPem(first.signing), until },
        { kid: 'new', alg: 'ES256', private: toPem(second.signing) }
      ],
      routes: [{ keys: '/keys' }]
    })
  const maxAge = async (until: string) => {
    const { url } = await startService(t, { config: config(until), now: () => now })
    const response = await fetch(`${url}/.well-known/jwks.json`)
    return response.headers.get('cache-control')
  }
  t.is(await maxAge('2026-11-21T12:01:40.500Z'), 'max-age=100, must-revalidate')
  t.is(await maxAge('2026-11-21T12:00:00.010Z'), 'max-age=1, must-revalidate')
  t.is(await maxAge('2027-01-01T00:00:00Z'), 'max-age=900, must-revalidate')
})

test('a verifier that has the set gets 304 for its ETag', async (t) => {
  const { url } = await startPublisher(t)
  const first = await fetch(`${url}/.well-known/jwks.json`)
  const etag = first.headers.get('etag') ?? ''
  t.regex(etag, /^"[\w-]{43}"$/)
  const ask = async (tag: string) => {
    // fetch adds `Cache-Control: no-cache` to conditional requests, which asks for the whole answer.
    const request = get(`${url}/.well-known/jwks.json`, { headers: { 'if-none-match': tag } })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { status: response.statusCode, text: await text(response) }
  }
  t.deepEqual(await ask(etag), { status: 304, text: '' })
  t.deepEqual(await ask('"x"'), { status: 200, text: await first.text() })
})

test('a service with only shared secrets publishes nothing', async (t) => {
  const { url } = await startService(t, {
    config: JSON.stringify({
      issuer: 'https://tokens.example.com',
      keys: [{ kid: 'hs', alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ keys: '/keys' }]
    })
  })
  for (const path of ['/.well-known/jwks.json', '/.well-known/openid-configuration', '/keys/hs']) {
    const response = await fetch(url + path)
    t.is(response.status, 404, path)
    t.false((await response.text()).includes('secret of thirty-two'))
  }
})

test('the discovery document leads from the issuer to the keys', async (t) => {
  const { url } = await startPublisher(t, { issuer: 'https://tokens.example.com/' })
  const response = await fetch(`${url}/.well-known/openid-configuration`)
  t.is(response.headers.get('content-type'), 'application/json; charset=utf-8')
  t.deepEqual(await response.json(), {
    issuer: 'https://tokens.example.com/',
    jwks_uri: 'https://tokens.example.com/.well-known/jwks.json',
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ALGORITHMS.filter((alg) => !isSymmetric(alg))
  })
})

test('the keys of an issuer with a path are below that path, and also where a proxy strips it', async (t) => {
  const { url } = await startPublisher(t, { issuer: 'https://tokens.example.com/auth/v1/' })
  const [discovery, keys] = ['/.well-known/openid-configuration', '/.well-known/jwks.json']
  const read = async (path: string) => {
    const response = await fetch(url + path)
    return response.status === 200 ? await response.json() : response.status
  }
  const document = (await read(discovery)) as { issuer: string; jwks_uri: string }
  t.is(document.issuer, 'https://tokens.example.com/auth/v1/')
  t.is(document.jwks_uri, `https://tokens.example.com/auth/v1${keys}`)
  t.deepEqual(await read(`/auth/v1${discovery}`), document)
  t.deepEqual(await read(`${discovery}/auth/v1`), document)
  t.deepEqual(await read(`/auth/v1${keys}`), await read(keys))
  t.is(await read(`/auth${keys}`), 404)
  t.is((await fetch(`${url}/auth/v1${keys}`, { method: 'POST' })).status, 405)
})

test('the path of an issuer may have characters that are special to the router', async (t) => {
  for (const path of ['/realms/a:b', '/a(b)', '/a*', '/%20', '/a+b', '/{a}']) {
    const { url } = await startPublisher(t, { issuer: `https://tokens.example.com${path}` })
    t.is((await fetch(`${url}${path}/.well-known/jwks.json`)).status, 200, path)
    t.is((await fetch(`${url}${path}/.well-known/jwks`)).status, 404, path)
  }
})

test('without an issuer there is no discovery document', async (t) => {
  const { url } = await startPublisher(t)
  t.is((await fetch(`${url}/.well-known/openid-configuration`)).status, 404)
})

test('a key is published by its kid as PEM, and as JWK for clients that accept JSON', async (t) => {
  const { url } = await startPublisher(t)
  for (const { alg, verifying } of KEYS.filter(({ alg }) => !isSymmetric(alg))) {
    for (const [path, accept] of [
      ['', '*/*'],
      ['', 'application/x-pem-file'],
      ['/key.pem', 'application/json']
    ]) {
      const response = await fetch(`${url}/keys/${alg}${path}`, {
        headers: { accept: accept ?? '' }
      })
      t.is(response.headers.get('content-type'), 'application/x-pem-file', `${alg}${path}`)
      t.true(createPublicKey(await response.text()).equals(verifying))
    }
    for (const [path, accept] of [
      ['', 'application/json'],
      ['/key.json', '*/*'],
      ['/jwk.json', '*/*']
    ]) {
      const response = await fetch(`${url}/keys/${alg}${path}`, {
        headers: { accept: accept ?? '' }
      })
      t.is(response.headers.get('content-type'), 'application/json', `${alg}${path}`)
      const jwk = (await response.json()) as Record<string, string>
      t.true(createPublicKey({ key: jwk, format: 'jwk' }).equals(verifying))
      for (const member of PRIVATE_MEMBERS) t.false(member in jwk)
    }
  }
})

test('the answer that depends on Accept, and with CORS on Origin, has a Vary for caches', async (t) => {
  const { url } = await startPublisher(t)
  const response = await fetch(`${url}/keys/ES256`)
  t.is(response.headers.get('vary'), 'Accept, Origin')
  await response.text()
})

test('an unknown kid and a shared secret get the same 404, as text', async (t) => {
  const { url } = await startPublisher(t)
  for (const kid of ['nobody', 'HS256', 'HS384', 'HS512']) {
    for (const path of ['', '/key.pem', '/key.json', '/jwk.json']) {
      const response = await fetch(`${url}/keys/${kid}${path}`)
      t.is(response.status, 404)
      t.is(response.headers.get('content-type'), 'text/plain; charset=utf-8')
      t.is(await response.text(), `No key exists with kid ${kid}`)
    }
  }
})

test('a kid with special characters is found by its encoded path, and shown as plain text', async (t) => {
  const { signing } = generateKeys('ES256')
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [{ kid: 'a/b <c>', alg: 'ES256', private: toPem(signing) }],
      routes: [{ keys: '/keys' }]
    })
  })
  t.is((await fetch(`${url}/keys/${encodeURIComponent('a/b <c>')}`)).status, 200)
  const unknown = await fetch(`${url}/keys/${encodeURIComponent('<script>')}`)
  t.is(unknown.headers.get('x-content-type-options'), 'nosniff')
  t.is(await unknown.text(), 'No key exists with kid <script>')
})
