import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import * as z from 'zod'
import { describeIssues } from '../../src/config/issues.ts'
import { keySchema } from '../../src/keys/settings.ts'
import { formatPath } from '../../src/settings/problem.ts'
import { createSecretReader } from '../../src/settings/secrets.ts'

const SECRET = 'a secret of at least thirty-two bytes'
const JWKS_URL = 'https://keys.example.com/set'
const PIN = 'x'.repeat(42)
const ORIGINS = 'secret, private, public, jwks, jwksUrl, generate'

const schema = keySchema(
  createSecretReader({ folder: '/etc/txtoken', env: { KEY: SECRET, EMPTY: '' } })
)

function parse(entry: unknown) {
  return schema.parse(entry)
}

function listProblems(entry: unknown): string[] {
  const { error } = schema.safeParse(entry)
  return describeIssues(error?.issues ?? [], entry).map(({ path, message }) =>
    path.length === 0 ? message : `${formatPath(path)}: ${message}`
  )
}

test('an entry has the algorithm, the origin of the key, and the defaults', (t) => {
  t.deepEqual(parse({ alg: 'HS256', secret: SECRET }), {
    kid: undefined,
    alg: 'HS256',
    typ: 'JWT',
    publish: true,
    from: undefined,
    until: undefined,
    origin: 'secret',
    secret: SECRET,
    encoding: undefined
  })
})

test('material may be in the environment', (t) => {
  t.like(parse({ alg: 'RS256', public: { env: 'KEY' } }), { origin: 'public', public: SECRET })
  t.like(parse({ alg: 'RS256', jwks: { env: 'KEY' } }), { origin: 'jwks', jwks: SECRET })
  t.like(parse({ alg: 'RS256', private: { env: 'KEY' }, passphrase: { env: 'KEY' } }), {
    origin: 'private',
    private: SECRET,
    passphrase: SECRET
  })
})

test('RSA256 and RSA512 are read as RS256 and RS512', (t) => {
  t.is(parse({ alg: 'RSA256', public: 'x' }).alg, 'RS256')
  t.is(parse({ alg: 'RSA512', public: 'x' }).alg, 'RS512')
})

test('a date may have a time, which then has a zone', (t) => {
  const entry = { alg: 'HS256', secret: SECRET }
  t.is(parse({ ...entry, from: '2026-06-01' }).from, Date.UTC(2026, 5, 1))
  const until = '2026-06-01T02:00:00+02:00'
  t.is(parse({ ...entry, until }).until, Date.UTC(2026, 5, 1))
  const expected = 'expected a date such as 2026-01-31 or 2026-01-31T12:00:00Z'
  for (const text of ['tomorrow', '2026-02-30', '2026-06-01T02:00:00', '1780272000', '']) {
    t.deepEqual(listProblems({ ...entry, from: text }), [`from: ${expected}`])
  }
  t.deepEqual(listProblems({ ...entry, until: 1780272000 }), [`until: ${expected}, found a number`])
})

test('a remote JWK Set has its settings beside its URL', (t) => {
  const entry = {
    kid: 'sim2',
    alg: 'HS256',
    jwksUrl: 'http://backend/jwk/symmetric.json',
    allowHttp: true,
    tls: {
      pins: [`${PIN}+A=`.slice(1)],
      minVersion: 'TLSv1.3',
      ciphers: ['TLS_AES_128_GCM_SHA256']
    },
    refresh: '10m',
    cooldown: '10s',
    staleLimit: '1d',
    timeout: '1s',
    limits: { size: '1MiB', keys: 5 }
  }
  t.like(parse(entry), {
    origin: 'jwksUrl',
    jwksUrl: 'http://backend/jwk/symmetric.json',
    allowHttp: true,
    refresh: 600_000,
    cooldown: 10_000,
    staleLimit: 86_400_000,
    timeout: 1000,
    limits: { size: 1_048_576, keys: 5 }
  })
})

test('pins are accepted in base64 and in base64url, and returned in base64url', (t) => {
  const digest = Buffer.alloc(32, 0xfb)
  const pins = [digest.toString('base64'), digest.toString('base64url')]
  const config = parse({ alg: 'HS256', jwksUrl: JWKS_URL, tls: { pins } })
  t.like(config, { tls: { pins: [pins[1], pins[1]] } })
})

test('generated keys rotate weekly and are published a minute ahead, in a folder beside the configuration', (t) => {
  t.like(parse({ alg: 'ES256', generate: { dir: 'keys' } }), {
    origin: 'generate',
    generate: { dir: '/etc/txtoken/keys', rotateEvery: 604_800_000, publishAhead: 60_000 }
  })
  t.like(parse({ alg: 'ES256', generate: { dir: '/var/lib/keys' } }), {
    generate: { dir: '/var/lib/keys' }
  })
})

interface Rejection {
  readonly what: string
  readonly entry: unknown
  readonly problems: readonly string[]
}

const rejections: readonly Rejection[] = [
  {
    what: 'an entry without an origin',
    entry: { alg: 'HS256' },
    problems: [`expected exactly one of ${ORIGINS}, found none of them`]
  },
  {
    what: 'an entry with two origins',
    entry: { alg: 'HS256', secret: SECRET, public: 'x' },
    problems: [`expected exactly one of ${ORIGINS}, found secret and public`]
  },
  {
    what: 'a misspelt origin, with a suggestion and nothing more',
    entry: { alg: 'HS256', privat: 'x' },
    problems: ['privat: unknown key, did you mean private?']
  },
  {
    what: 'no origin beside another problem: both are reported',
    entry: { alg: 'HS2' },
    problems: [
      'alg: expected one of HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519, RSA256, RSA512',
      `expected exactly one of ${ORIGINS}, found none of them`
    ]
  },
  {
    what: 'an unreadable origin, without a problem about another one',
    entry: { alg: 'HS256', secret: { env: 'EMPTY' } },
    problems: ['secret: environment variable EMPTY is not set']
  },
  {
    what: 'a file that cannot be read',
    entry: { alg: 'HS256', jwks: { file: 'no/such.json' } },
    problems: ['jwks: cannot read /etc/txtoken/no/such.json (no such file)']
  },
  {
    what: 'settings that belong to another origin',
    entry: {
      alg: 'HS256',
      secret: SECRET,
      passphrase: 'x',
      allowHttp: true,
      proxy: 'none',
      refresh: '5m'
    },
    problems: [
      'passphrase: only goes with private',
      'allowHttp: only goes with jwksUrl',
      'proxy: only goes with jwksUrl',
      'refresh: only goes with jwksUrl'
    ]
  },
  {
    what: 'an end before the start',
    entry: { alg: 'HS256', secret: SECRET, from: '2026-06-01', until: '2026-06-01' },
    problems: ['until: expected a date after from']
  },
  {
    what: 'plain http:// that is not allowed',
    entry: { alg: 'HS256', jwksUrl: 'http://keys.example.com/set' },
    problems: ['jwksUrl: expected an https:// URL; plain http:// needs allowHttp: true']
  },
  {
    what: 'plain http:// in another spelling',
    entry: { alg: 'HS256', jwksUrl: 'HTTP://keys.example.com/set' },
    problems: ['jwksUrl: expected an https:// URL; plain http:// needs allowHttp: true']
  },
  {
    what: 'an invalid pin',
    entry: { alg: 'HS256', jwksUrl: JWKS_URL, tls: { pins: ['ab:cd'] } },
    problems: ['tls.pins[0]: expected a SHA-256 in base64url or base64']
  },
  {
    what: 'an unknown cipher suite',
    entry: { alg: 'HS256', jwksUrl: JWKS_URL, tls: { ciphers: ['ROT13'] } },
    problems: [
      'tls.ciphers[0]: expected the OpenSSL name of a cipher suite, such as ECDHE-RSA-AES128-GCM-SHA256'
    ]
  },
  {
    what: 'a stale limit under the default refresh time',
    entry: { alg: 'HS256', jwksUrl: JWKS_URL, staleLimit: '1m' },
    problems: ['staleLimit: expected a duration that is not shorter than refresh']
  },
  {
    what: 'keys published ahead by more than a rotation',
    entry: { alg: 'ES256', generate: { dir: 'keys', rotateEvery: '1h', publishAhead: '1h' } },
    problems: ['generate.publishAhead: expected less than rotateEvery']
  },
  {
    what: 'keys not published ahead',
    entry: { alg: 'ES256', generate: { dir: 'keys', publishAhead: '0s' } },
    problems: [
      'generate.publishAhead: expected a duration from 1s to 30d, such as 500ms, 5s, 15m or 1.5h'
    ]
  }
]

for (const { what, entry, problems } of rejections) {
  test(`rejected: ${what}`, (t) => {
    t.deepEqual(listProblems(entry), problems)
  })
}

test('an entry that is not a map has only that problem', (t) => {
  t.is(listProblems('HS256').length, 1)
  t.is(listProblems(null).length, 1)
})

test('keys are in files beside the configuration, and an empty one is rejected', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'txtoken-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'key.txt'), `${SECRET}\n`)
  writeFileSync(join(folder, 'empty.txt'), '\n')
  const reader = createSecretReader({ folder, env: {} })
  const inFolder = keySchema(reader)
  const entry = { alg: 'HS256', secret: { file: 'key.txt' } }
  t.like(inFolder.parse(entry), { origin: 'secret', secret: SECRET })
  t.deepEqual([...reader.files], [join(folder, 'key.txt')])
  const { error } = inFolder.safeParse({ ...entry, secret: { file: 'empty.txt' } })
  t.is(error?.issues[0]?.message, `${join(folder, 'empty.txt')} is empty`)
})

test('no problem shows a secret', (t) => {
  const entry = { alg: 'HS2', secret: SECRET, passphrase: SECRET, public: 5 }
  t.false(listProblems(entry).join().includes(SECRET))
})

test('its JSON Schema asks for exactly one origin too, and describes every setting', (t) => {
  const json = z.toJSONSchema(schema, { io: 'input', target: 'draft-7' })
  t.deepEqual(
    json.oneOf,
    ORIGINS.split(', ').map((origin) => ({ required: [origin] }))
  )
  for (const [name, property] of Object.entries(json.properties ?? {})) {
    t.true(typeof property === 'object' && property.description !== undefined, name)
  }
})
