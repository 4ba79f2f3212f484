import { createPrivateKey, createPublicKey } from 'node:crypto'
import test from 'ava'
import { cleanText } from '../../src/settings/clean-text.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { generateKeys } from '../helpers/keys.ts'

const rsa = generateKeys('RS256').signing
const p256 = generateKeys('ES256').signing
const { cert, key } = createAuthority()

/** PEM of each form that a key may have, as programs write it. */
const forms: Readonly<Record<string, string>> = {
  'PKCS#8': rsa.export({ type: 'pkcs8', format: 'pem' }).toString(),
  'PKCS#1': rsa.export({ type: 'pkcs1', format: 'pem' }).toString(),
  SEC1: p256.export({ type: 'sec1', format: 'pem' }).toString(),
  'encrypted PKCS#8': rsa
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open it' })
    .toString(),
  'encrypted PKCS#1': rsa
    .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'open it' })
    .toString(),
  SubjectPublicKeyInfo: createPublicKey(p256).export({ type: 'spki', format: 'pem' }).toString(),
  'a certificate with its key': `${cert}${key}`
}

/** How PEM changes on its way into a variable, a file or a field of a dashboard. */
const ways: Readonly<Record<string, (pem: string) => string>> = {
  'as it is': (pem) => pem,
  'without its last line end': (pem) => pem.trimEnd(),
  'with Windows line ends': (pem) => pem.replaceAll('\n', '\r\n'),
  'with line ends of an old Mac': (pem) => pem.replaceAll('\n', '\r'),
  'with \\n written out': (pem) => pem.replaceAll('\n', '\\n'),
  'with \\r\\n written out': (pem) => pem.replaceAll('\n', '\\r\\n'),
  'with \\n escaped twice': (pem) => pem.replaceAll('\n', '\\\\n'),
  'in quotes, with \\n written out': (pem) => JSON.stringify(pem),
  indented: (pem) => pem.replaceAll(/^/gm, '    '),
  'indented by tabs, with blank lines': (pem) => pem.replaceAll('\n', '\n\n\t'),
  'folded into one line': (pem) => pem.replaceAll('\n', ' '),
  'with a byte order mark': (pem) => `\uFEFF${pem}`,
  'with notes around': (pem) => `Bag Attributes\n    friendlyName: k\n${pem}\n# end`
}

for (const [form, pem] of Object.entries(forms)) {
  for (const [way, write] of Object.entries(ways)) {
    test(`PEM is the same text ${way}: ${form}`, (t) => {
      t.is(cleanText(write(pem)), pem.trimEnd())
    })
  }
}

test('OpenSSL reads the key from cleaned PEM', (t) => {
  const pem = cleanText(forms['PKCS#8']?.replaceAll('\n', '\\n') ?? '')
  t.true(createPrivateKey(pem).equals(rsa))
})

test('lines of another length, or a single line, become lines of 64', (t) => {
  const pem = forms['PKCS#8'] ?? ''
  const base64 = pem.replaceAll(/-----[^-]+-----|\n/g, '')
  const long = `-----BEGIN PRIVATE KEY-----\n${base64}\n-----END PRIVATE KEY-----`
  t.is(cleanText(long), pem.trimEnd())
})

for (const text of [
  '-----BEGIN PRIVATE KEY-----\\nAAAA',
  '{"kty":"EC","pem":"-----BEGIN PUBLIC KEY-----\\nAAAA\\n-----END PUBLIC KEY-----\\n"}',
  'a secret with \\n in it'
]) {
  test(`a text that is not complete PEM stays unchanged: ${text.slice(0, 20)}`, (t) => {
    t.is(cleanText(text), text)
  })
}
