import { createPublicKey } from 'node:crypto'
import test from 'ava'
import { describeIssues } from '../../src/config/issues.ts'
import {
  createKeySources,
  judgeKeys,
  type KeySourceFactories
} from '../../src/keys/create-key-sources.ts'
import { KeyError } from '../../src/keys/key-error.ts'
import type { KeySource } from '../../src/keys/key-source.ts'
import { createKeyStore } from '../../src/keys/key-store.ts'
import { type KeyConfig, keySchema } from '../../src/keys/settings.ts'
import { parseToken } from '../../src/keys/token.ts'
import { formatPath } from '../../src/settings/problem.ts'
import { createSecretReader } from '../../src/settings/secrets.ts'
import { generateKeys, generatePair, toJwk, toPem } from '../helpers/keys.ts'

const SECRET = 'a secret of at least thirty-two bytes'
const OTHER_SECRET = 'another one of at least thirty-two bytes'
const { signing: ec, verifying: ecPublic } = generateKeys('ES256')
const schema = keySchema(createSecretReader({ folder: '/', env: {} }))

function parseEntries(entries: readonly unknown[]): KeyConfig[] {
  return entries.map((entry) => {
    const result = schema.safeParse(entry)
    if (result.success) return result.data
    throw new TypeError(JSON.stringify(describeIssues(result.error.issues, entry)))
  })
}

const unexpected: KeySourceFactories = {
  remote: () => {
    throw new Error('no remote source was asked for')
  },
  generated: () => {
    throw new Error('no generated source was asked for')
  }
}

function create(entries: readonly unknown[], factories: Partial<KeySourceFactories> = {}) {
  return createKeySources(parseEntries(entries), { ...unexpected, ...factories })
}

function listProblems(entries: readonly unknown[], factories?: Partial<KeySourceFactories>) {
  const { problems } = create(entries, factories)
  return problems.map(({ path, message }) => `${formatPath(path)}: ${message}`)
}

async function headerAt(sources: readonly KeySource[], now: number) {
  const token = await createKeyStore(sources, () => now).signer()('{}')
  return parseToken(token, 8).header
}

test('each fixed origin becomes a source under the kid of its entry', (t) => {
  const jwks = JSON.stringify({ keys: [toJwk(ec, { kid: 'set' })] })
  const { sources, problems, warnings } = create([
    { alg: 'HS256', kid: 'secret', secret: SECRET },
    { alg: 'ES256', kid: 'private', private: toPem(generateKeys('ES256').signing) },
    { alg: 'ES256', kid: 'public', public: toPem(generateKeys('ES256').verifying) },
    { alg: 'ES256', kid: 'set', jwks },
    { alg: 'HS256', secret: OTHER_SECRET }
  ])
  t.deepEqual(problems, [])
  t.deepEqual(warnings, [])
  t.deepEqual(
    sources.map((source) => [source.name, source.signingKey(0) !== undefined]),
    [
      ['secret', true],
      ['private', true],
      ['public', false],
      ['set', true],
      [undefined, true]
    ]
  )
})

test('typ and kid of the entry are in the header of its tokens', async (t) => {
  const { sources } = create([{ alg: 'HS256', kid: 'main', typ: 'at+jwt', secret: SECRET }])
  t.deepEqual(await headerAt(sources, 0), { alg: 'HS256', typ: 'at+jwt', kid: 'main' })
})

test('an encrypted private key opens with the passphrase of the entry', (t) => {
  const pem = ec
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open it' })
    .toString()
  t.deepEqual(listProblems([{ alg: 'ES256', private: pem, passphrase: 'open it' }]), [])
  t.deepEqual(listProblems([{ alg: 'ES256', private: pem }]), [
    'keys[0].private: found an encrypted private key, expected a passphrase with it'
  ])
})

test('a JWK brings its own kid where the entry has none', async (t) => {
  const { sources, problems } = create([
    { alg: 'ES256', private: JSON.stringify(toJwk(ec, { kid: 'own' })) }
  ])
  t.deepEqual(problems, [])
  t.is((await headerAt(sources, 0)).kid, 'own')
  t.is(sources[0]?.name, undefined)
})

test('a JWK with another kid than the entry is rejected, since its tokens would not find the key', (t) => {
  const entry = {
    alg: 'ES256',
    kid: 'main',
    public: JSON.stringify(toJwk(ecPublic, { kid: 'own' }))
  }
  t.deepEqual(listProblems([entry]), [
    'keys[0].public: found a JWK with the kid "own", expected "main" as in this entry'
  ])
})

test('sources that change are made by their factories, from the whole entry', (t) => {
  const entries: KeyConfig[] = []
  const record = (entry: KeyConfig): KeySource => {
    entries.push(entry)
    const [source] = create([{ alg: 'HS256', secret: SECRET }]).sources
    if (source === undefined) throw new TypeError('no source')
    return { ...source, name: entry.kid }
  }
  const { sources, problems } = create(
    [
      { alg: 'HS256', kid: 'sim2', jwksUrl: 'https://keys.example.com/set' },
      { alg: 'ES256', kid: 'made', generate: { dir: 'keys' }, until: '2026-01-01' }
    ],
    { remote: record, generated: record }
  )
  t.deepEqual(problems, [])
  t.like(entries[0], { origin: 'jwksUrl', jwksUrl: 'https://keys.example.com/set', alg: 'HS256' })
  t.like(entries[1], { origin: 'generate', generate: { dir: '/keys', publishAhead: 60_000 } })
  t.deepEqual(
    sources.map(({ name }) => name),
    ['sim2', 'made']
  )
  t.is(sources[1]?.signingKey(Date.parse('2026-01-01')), undefined)
})

test('an entry that its factory rejects is a problem', (t) => {
  const entries = [
    { alg: 'HS256', jwksUrl: 'https://keys.example.com/set' },
    { alg: 'ES256', generate: { dir: 'keys' } }
  ]
  const factories: KeySourceFactories = {
    remote: () => {
      throw new TypeError('found a ca without a certificate')
    },
    generated: () => {
      throw new KeyError('found no folder')
    }
  }
  t.deepEqual(listProblems(entries, factories), [
    'keys[0].jwksUrl: found a ca without a certificate',
    'keys[1].generate: found no folder'
  ])
  t.throws(() => create(entries), { message: 'no remote source was asked for' })
})

test('TLS settings of a remote JWK Set that cannot work are found before anything is fetched', (t) => {
  const entry = { alg: 'ES256', jwksUrl: 'https://keys.example.com/set' }
  const { problems } = judgeKeys(
    parseEntries([
      {
        ...entry,
        kid: 'b',
        tls: { minVersion: 'TLSv1.3', ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] }
      },
      { ...entry, kid: 'c' }
    ])
  )
  t.deepEqual(
    problems.map(({ path, message }) => `${formatPath(path)}: ${message}`),
    ['keys[0].jwksUrl: found no cipher suite for TLSv1.3, expected at least one']
  )
})

test('every problem is found at once, with its path', (t) => {
  t.deepEqual(
    listProblems([
      { alg: 'HS512', kid: 'main', secret: SECRET },
      { alg: 'RS256', kid: 'main', private: toPem(ec) },
      { alg: 'ES256', kid: 'fine', private: toPem(ec) },
      { alg: 'HS256', kid: 'set', jwks: '{}' }
    ]),
    [
      'keys[0].secret: found a secret of 37 bytes, expected at least 64 bytes for HS512 (RFC 7518, section 3.2)',
      'keys[1].private: found an EC key on the curve P-256, expected an RSA key of at least 2048 bits for RS256',
      'keys[3].jwks: found JSON without kty and without a list of keys, expected a JWK or a JWK Set',
      'keys[1].kid: found the kid "main" of keys[0] again, expected one of its own'
    ]
  )
})

test('keys without a kid do not conflict, but a duplicate key does', (t) => {
  const secrets = [
    { alg: 'HS256', secret: SECRET },
    { alg: 'HS256', secret: OTHER_SECRET }
  ]
  t.deepEqual(listProblems(secrets), [])
  const { problems } = create([
    { alg: 'ES256', private: toPem(ec) },
    { alg: 'ES256', public: toPem(createPublicKey(ec)) }
  ])
  t.deepEqual(problems[0]?.path, ['keys', 1, 'kid'])
})

test('the kid of a JWK may not be the kid of another entry', (t) => {
  const own = JSON.stringify(toJwk(ec, { kid: 'main' }))
  t.deepEqual(
    listProblems([
      { alg: 'HS256', kid: 'main', secret: SECRET },
      { alg: 'ES256', private: own }
    ]),
    ['keys[1].kid: found the kid "main" of keys[0] again, expected one of its own']
  )
})

test('imported keys rotate by their dates, in any order: the one that began last signs', async (t) => {
  const { sources } = create([
    { alg: 'HS256', kid: 'old', secret: SECRET, until: '2026-06-02T00:00:00Z' },
    { alg: 'ES256', kid: 'june', private: toPem(ec), from: '2026-06-01' },
    { alg: 'EdDSA', kid: 'may', private: toPem(generateKeys('EdDSA').signing), from: '2026-05-01' }
  ])
  const kidAt = async (time: string) => (await headerAt(sources, Date.parse(time))).kid
  t.is(await kidAt('2026-04-30T23:59:59Z'), 'old')
  t.is(await kidAt('2026-05-01T00:00:00Z'), 'may')
  t.is(await kidAt('2026-05-31T23:59:59Z'), 'may')
  t.is(await kidAt('2026-06-01T00:00:00Z'), 'june')
})

test('from HS256 to ES256 no token is rejected: the old key still verifies, the new one is published ahead', async (t) => {
  let now = Date.parse('2026-05-31T23:59:59Z')
  const { sources } = create([
    { alg: 'HS256', kid: 'old', secret: SECRET, until: '2026-06-01T01:00:00Z' },
    { alg: 'ES256', kid: 'new', private: toPem(ec), from: '2026-06-01' }
  ])
  const store = createKeyStore(sources, () => now)
  t.deepEqual([...store.published().keys()], ['new'])
  const token = parseToken(await store.signer()('{"sub":"kari"}'), 8)
  now = Date.parse('2026-06-01T00:59:59Z')
  t.is(parseToken(await store.signer()('{}'), 8).header.kid, 'new')
  const [candidate] = store.candidates(token.header)
  t.deepEqual(await candidate?.verify(token), { sub: 'kari' })
  now = Date.parse('2026-06-01T01:00:00Z')
  t.deepEqual(store.candidates(token.header), [])
})

test('slow algorithms and key sizes work, with a warning about their cost', (t) => {
  const rsa = generatePair('rsa', { modulusLength: 4096 })
  const { problems, warnings } = create([
    { alg: 'RS256', private: toPem(rsa.signing) },
    { alg: 'PS256', kid: 'verifies', public: toPem(rsa.verifying) },
    { alg: 'ES512', private: toPem(generateKeys('ES512').signing) },
    { alg: 'RS256', kid: 'usual', private: toPem(generateKeys('RS256').signing) },
    { alg: 'ES384', private: toPem(generateKeys('ES384').signing) }
  ])
  t.deepEqual(problems, [])
  t.deepEqual(
    warnings.map(({ path }) => formatPath(path)),
    ['keys[0]', 'keys[2]']
  )
  t.regex(warnings[0]?.message ?? '', /^an RSA key of 4096 bits is slow: .* about 4 ms of CPU/)
  t.regex(warnings[1]?.message ?? '', /^ES512 is slow: .* about 1\.6 ms of CPU/)
})

test('a slow algorithm is also reported for keys that are generated or fetched later', (t) => {
  const [source] = create([{ alg: 'HS256', secret: SECRET }]).sources
  const make = () => source as KeySource
  const { warnings } = create(
    [
      { alg: 'ES512', generate: { dir: 'keys' } },
      { alg: 'ES512', jwksUrl: 'https://keys.example.com/set' },
      { alg: 'ES256', generate: { dir: 'keys' } }
    ],
    { remote: make, generated: make }
  )
  t.deepEqual(
    warnings.map(({ path }) => formatPath(path)),
    ['keys[0]', 'keys[1]']
  )
})

test('a key that is not to be published verifies all the same', (t) => {
  const pem = toPem(generateKeys('ES256').verifying)
  const { sources } = create([{ alg: 'ES256', kid: 'partner', public: pem, publish: false }])
  const store = createKeyStore(sources, () => 0)
  t.is(store.published().size, 0)
  t.is(store.candidates({ alg: 'ES256', kid: 'partner' }).length, 1)
})
