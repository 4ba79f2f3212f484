import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import test from 'ava'
import { problemsOf } from '../helpers/config.ts'
import { readPage } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { generateKeys, toJwk, toPem } from '../helpers/keys.ts'
import { generateRocaJwk } from '../helpers/roca.ts'

const KEYS_PAGE = 'docs/keys.md'
const page = readPage(KEYS_PAGE)
const SECRET = 'a secret of at least thirty-two bytes'
const rsa = generateKeys('RS256').signing
const p256 = generateKeys('ES256')
const shortRsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey

/** Paths of key files on the page, which are elsewhere in a test. */
const FOLDER = '/etc/txtoken'

const json = (key: KeyObject, members: object = {}) => JSON.stringify(toJwk(key, members))
const encrypted = p256.signing
  .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open it' })
  .toString()

const OKP = { kty: 'OKP', crv: 'Ed25519' }

const es256 = (settings: object) => ({ alg: 'ES256', ...settings })
const hs256 = (secret: unknown) => ({ alg: 'HS256', secret })

/** The text in the table, and entries that cause it. The last entry is the rejected one. */
const rejections: readonly (readonly [what: string, ...entries: readonly object[]])[] = [
  ['RSA under 2048 bits', { alg: 'RS256', private: toPem(shortRsa) }],
  ['RSA with the exponent 1', { alg: 'RS256', public: json(rsa, { e: 'AQ', d: undefined }) }],
  [
    'RSA over 8192 bits',
    {
      alg: 'RS256',
      public: json(rsa, { n: Buffer.alloc(2048, 0xff).toString('base64url'), d: undefined })
    }
  ],
  [
    'RSA with a long exponent',
    {
      alg: 'RS256',
      public: json(rsa, { e: Buffer.alloc(375, 0xff).toString('base64url'), d: undefined })
    }
  ],
  ['RSA that can be factored', { alg: 'RS256', private: JSON.stringify(generateRocaJwk()) }],
  [
    'RSA that can be factored',
    {
      alg: 'RS256',
      public: json(rsa, { n: Buffer.alloc(256, 0xff).toString('base64url'), d: undefined })
    }
  ],
  [
    'Ed25519 of low order, or no point',
    {
      alg: 'EdDSA',
      public: JSON.stringify({ ...OKP, x: Buffer.alloc(32).toString('base64url') })
    }
  ],
  [
    'Ed25519 of low order, or no point',
    {
      alg: 'EdDSA',
      public: JSON.stringify({ ...OKP, x: Buffer.alloc(32, 2).toString('base64url') })
    }
  ],
  ['a short secret', hs256('0123456789abcdef')],
  ['a PEM text as a secret', hs256(toPem(p256.verifying))],
  ['a JWK as a secret', hs256(json(p256.verifying))],
  [
    'a key in base64 or hex as a secret',
    {
      ...hs256(p256.verifying.export({ format: 'der', type: 'spki' }).toString('hex')),
      encoding: 'hex'
    }
  ],
  ['a key in base64 or hex as a secret', hs256(`ssh-ed25519 AAAA${'C'.repeat(60)} ada`)],
  ['an EC key on another curve', es256({ private: toPem(generateKeys('ES384').signing) })],
  ['a key of another kind', { alg: 'RS256', private: toPem(generateKeys('EdDSA').signing) }],
  ['a private key under `public`', es256({ public: toPem(p256.signing) })],
  ['a public key under `private`', es256({ private: toPem(p256.verifying) })],
  ['two keys with one `kid`', { kid: 'a', ...hs256(SECRET) }, { kid: 'a', ...hs256(SECRET) }],
  [
    'a JWK with another `kid` than its entry',
    es256({ kid: 'a', private: json(p256.signing, { kid: 'b' }) })
  ],
  ['a JWK for another algorithm or use', es256({ private: json(p256.signing, { alg: 'ES384' }) })],
  ['a JWK for another algorithm or use', es256({ private: json(p256.signing, { use: 'enc' }) })],
  [
    'halves that do not belong together',
    es256({ private: json(p256.signing, { d: toJwk(generateKeys('ES256').signing).d }) })
  ],
  ['an encrypted key', es256({ private: encrypted })],
  ['an encrypted key', es256({ private: encrypted, passphrase: 'something else' })],
  [
    'a key as ssh-keygen makes it',
    es256({
      private: '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----'
    })
  ],
  ['a file that is not there', es256({ private: { file: 'es-2026.pem' } })],
  ['a path as a secret', hs256('/run/secrets/signing-key')],
  ['a variable or placeholder as a secret', hs256('$ENC_KEY')],
  ['a variable or placeholder as a secret', hs256('{{ .Values.encryptionKey }}')],
  ['an empty file', hs256({ file: 'secret' })],
  ['a variable that is not set', hs256({ env: 'ENC_KEY' })],
  ['plain HTTP that was not asked for', es256({ jwksUrl: 'http://keys.partner.example/jwks.json' })]
]

for (const [index, [what, ...entries]] of rejections.entries()) {
  test(`${index + 1}: ${what} is rejected with the message on ${KEYS_PAGE}`, async (t) => {
    const folder = await writeFiles(t, { secret: '' })
    const routes = [{ check: '/checkToken', verify: [{ keys: 'all' }] }]
    const problems = problemsOf(t, { keys: entries, routes }, { folder })
    t.is(problems.length, 1)
    const [path, ...words] = (problems[0] ?? '').split(': ')
    t.regex(path ?? '', new RegExp(`^keys\\[${entries.length - 1}\\]\\.`))
    const message = words.join(': ').replaceAll(folder, FOLDER)
    const row = page.split('\n').find((line) => line.startsWith(`| ${what} `))
    t.true(row?.includes(message), message)
  })
}

test('every row of the table is tested', (t) => {
  const [, section = ''] = page.split('## Keys that are rejected')
  const rows = [...section.matchAll(/^\| (.+?) +\| (?!message)[`]/gm)].map(([, what]) => what)
  t.deepEqual(new Set(rows), new Set(rejections.map(([what]) => what)))
})
