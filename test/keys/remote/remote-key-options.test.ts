import test from 'ava'
import { createKeySources } from '../../../src/keys/create-key-sources.ts'
import { createKeyStore } from '../../../src/keys/key-store.ts'
import { createRemoteKeySource } from '../../../src/keys/remote/remote-key-source.ts'
import { toRemoteKeyOptions } from '../../../src/keys/remote/settings.ts'
import { type KeyConfig, keySchema, type RemoteKeyConfig } from '../../../src/keys/settings.ts'
import { parseToken } from '../../../src/keys/token.ts'
import { createSecretReader } from '../../../src/settings/secrets.ts'
import { createAuthority } from '../../helpers/certificates.ts'
import { startJwksServer } from '../../helpers/jwks-server.ts'

const schema = keySchema(createSecretReader({ folder: '/', env: {} }))
const factories = {
  remote: (entry: RemoteKeyConfig) => createRemoteKeySource(toRemoteKeyOptions(entry)),
  generated: () => {
    throw new TypeError('not in this test')
  }
}

test('each setting of an entry becomes an option', (t) => {
  const entry = schema.parse({
    kid: 'sim2',
    alg: 'RSA256',
    typ: 'at+jwt',
    jwksUrl: 'http://backend/jwks.json',
    allowHttp: true,
    tls: { minVersion: 'TLSv1.3' },
    refresh: '1m',
    staleLimit: '2m',
    cooldown: '3s',
    timeout: '4s',
    limits: { size: '5KiB', keys: 6 }
  })
  t.deepEqual(toRemoteKeyOptions(entry as RemoteKeyConfig), {
    url: 'http://backend/jwks.json',
    kid: 'sim2',
    algorithms: ['RS256'],
    typ: 'at+jwt',
    allowHttp: true,
    tls: { minVersion: 'TLSv1.3' },
    refreshMs: 60_000,
    staleLimitMs: 120_000,
    cooldownMs: 3_000,
    timeoutMs: 4_000,
    maxBytes: 5 * 1024,
    maxKeys: 6
  })
})

test('a configured remote key signs and verifies in the key store, over pinned TLS', async (t) => {
  const root = createAuthority()
  const jwk = { kty: 'oct', kid: 'sim2', k: Buffer.alloc(32, 2).toString('base64url') }
  const server = await startJwksServer(t, { body: { keys: [jwk] } }, root.issue())
  const entry: KeyConfig = schema.parse({
    kid: 'sim2',
    alg: 'HS256',
    jwksUrl: server.url,
    tls: { ca: root.cert, pins: [root.pin] }
  })
  const { sources, problems } = createKeySources([entry], factories)
  t.deepEqual(problems, [])
  const store = createKeyStore(sources, Date.now)
  t.teardown(store.close)
  await store.start()
  const token = parseToken(await store.signer('sim2')('{"sub":"me"}'), 10)
  t.like(await store.candidates(token.header)[0]?.verify(token), { sub: 'me' })
  t.is(store.published().size, 0)
})

test('settings that cannot work together are a problem of their entry', (t) => {
  const entry: KeyConfig = schema.parse({
    alg: 'HS256',
    jwksUrl: 'https://backend/jwks.json',
    tls: { minVersion: 'TLSv1.3', ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] }
  })
  t.deepEqual(createKeySources([entry], factories).problems, [
    {
      path: ['keys', 0, 'jwksUrl'],
      message: 'found no cipher suite for TLSv1.3, expected at least one'
    }
  ])
})
