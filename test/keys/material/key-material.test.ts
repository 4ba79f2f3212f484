import { createPrivateKey, createPublicKey, type KeyObject, randomBytes } from 'node:crypto'
import test from 'ava'
import { ALGORITHMS, type Algorithm } from '../../../src/keys/key.ts'
import { KeyError } from '../../../src/keys/key-error.ts'
import {
  parseKeyOfSet,
  parsePrivateKey,
  parsePublicKey,
  parseSecret
} from '../../../src/keys/material/key-material.ts'
import { createAuthority } from '../../helpers/certificates.ts'
import { generateKeys, generatePair, toJwk, toPem } from '../../helpers/keys.ts'

const ASYMMETRIC = ALGORITHMS.filter((alg) => !alg.startsWith('HS'))
const rsa = generateKeys('RS256').signing
const otherRsa = generateKeys('RS256').signing
const p256 = generateKeys('ES256').signing
const otherP256 = generateKeys('ES256').signing
const ed25519 = generateKeys('EdDSA').signing
const otherEd25519 = generateKeys('EdDSA').signing

const rsaPem = toPem(rsa)
const rsaPublicPem = toPem(createPublicKey(rsa))
const p256Pem = toPem(p256)

/** The same text each time, so that a leak of any part of it can be found. */
function json(value: object): string {
  return JSON.stringify(value)
}

function samePublicKey(one: KeyObject, other: KeyObject): boolean {
  const spki = (key: KeyObject) => toPem(key.type === 'public' ? key : createPublicKey(key))
  return spki(one) === spki(other)
}

for (const alg of ASYMMETRIC) {
  const { signing, verifying } = generateKeys(alg)

  test(`${alg}: a private key is read from PKCS#8, plain and encrypted, and from a JWK`, (t) => {
    const encrypted = signing
      .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open it' })
      .toString()
    for (const { material } of [
      parsePrivateKey(toPem(signing), alg),
      parsePrivateKey(encrypted, alg, 'open it'),
      parsePrivateKey(json(toJwk(signing)), alg)
    ]) {
      t.true(material.equals(signing))
    }
  })

  test(`${alg}: a public key is read from SubjectPublicKeyInfo and from a JWK`, (t) => {
    t.true(parsePublicKey(toPem(verifying), alg).material.equals(verifying))
    t.true(parsePublicKey(json(toJwk(verifying)), alg).material.equals(verifying))
  })
}

test('PKCS#1 is read, plain and encrypted, and its public form too', (t) => {
  const plain = rsa.export({ format: 'pem', type: 'pkcs1' }).toString()
  t.true(plain.startsWith('-----BEGIN RSA PRIVATE KEY-----'))
  t.true(parsePrivateKey(plain, 'PS256').material.equals(rsa))
  const encrypted = rsa
    .export({ format: 'pem', type: 'pkcs1', cipher: 'aes-128-cbc', passphrase: 'open it' })
    .toString()
  t.true(encrypted.includes('Proc-Type: 4,ENCRYPTED'))
  t.true(parsePrivateKey(encrypted, 'RS384', 'open it').material.equals(rsa))
  const publicPem = createPublicKey(rsa).export({ format: 'pem', type: 'pkcs1' }).toString()
  t.true(samePublicKey(parsePublicKey(publicPem, 'RS256').material, rsa))
})

test('SEC1 is read, with the EC PARAMETERS that openssl puts before it, and encrypted', (t) => {
  const parameters =
    '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n'
  const plain = p256.export({ format: 'pem', type: 'sec1' }).toString()
  t.true(plain.startsWith('-----BEGIN EC PRIVATE KEY-----'))
  t.true(parsePrivateKey(parameters + plain, 'ES256').material.equals(p256))
  const encrypted = p256
    .export({ format: 'pem', type: 'sec1', cipher: 'aes-256-cbc', passphrase: 'open it' })
    .toString()
  t.true(encrypted.includes('Proc-Type: 4,ENCRYPTED'))
  t.true(parsePrivateKey(encrypted, 'ES256', 'open it').material.equals(p256))
})

test('a public key is read from a certificate, in a chain from the first one', (t) => {
  const { cert, key } = createAuthority().issueAuthority('intermediate').issue()
  t.is(cert.match(/BEGIN CERTIFICATE/g)?.length, 2)
  t.true(samePublicKey(parsePublicKey(cert, 'ES256').material, createPrivateKey(key)))
})

test('a PEM file may have notes around its key, Windows line ends, and the certificate beside it', (t) => {
  const { cert, key } = createAuthority()
  const text = `# main key\n${cert}\n${key}`.replaceAll('\n', '\r\n')
  t.true(parsePrivateKey(text, 'ES256').material.equals(createPrivateKey(key)))
})

test('a secret is the UTF-8 of its text', (t) => {
  const text = `žluťoučký ${'x'.repeat(32)}`
  t.deepEqual(parseSecret(text, 'HS256').material.export(), Buffer.from(text))
})

for (const [alg, least] of [
  ['HS256', 32],
  ['HS384', 48],
  ['HS512', 64]
] as const) {
  test(`${alg}: a secret has at least ${least} bytes, as text and in a JWK`, (t) => {
    t.is(parseSecret('x'.repeat(least), alg).material.symmetricKeySize, least)
    const jwkOf = (bytes: number) =>
      json({ keys: [{ kty: 'oct', k: randomBytes(bytes).toString('base64url') }] })
    t.is(parseKeyOfSet(jwkOf(least), alg).material.symmetricKeySize, least)
    const message = `found a secret of ${least - 1} bytes, expected at least ${least} bytes for ${alg} (RFC 7518, section 3.2)`
    t.throws(() => parseSecret('x'.repeat(least - 1), alg), { instanceOf: KeyError, message })
    t.throws(() => parseKeyOfSet(jwkOf(least - 1), alg), { instanceOf: KeyError, message })
  })
}

test('a secret in base64 or hex is decoded, in either alphabet, in lines, with and without padding', (t) => {
  const bytes = Buffer.alloc(35, 0xfb)
  const base64 = bytes.toString('base64')
  for (const text of [base64, base64.replace('=', ''), base64.replaceAll(/.{20}/g, '$&\r\n')]) {
    t.deepEqual(parseSecret(text, 'HS256', 'base64').material.export(), bytes)
  }
  t.deepEqual(parseSecret(bytes.toString('base64url'), 'HS256', 'base64').material.export(), bytes)
  const hex = bytes.toString('hex')
  for (const text of [
    hex,
    hex.toUpperCase(),
    hex.replaceAll(/.{20}/g, '$&\r\n'),
    hex.replaceAll(/../g, '$& ')
  ]) {
    t.deepEqual(parseSecret(text, 'HS256', 'hex').material.export(), bytes)
  }
  t.deepEqual(parseSecret(base64, 'HS256').material.export(), Buffer.from(base64))
})

test('a JWK is read in plain base64, with padding and line ends', (t) => {
  const plain = (member = '') =>
    `${Buffer.from(member, 'base64url').toString('base64').slice(0, 8)}\n${Buffer.from(member, 'base64url').toString('base64').slice(8)}`
  const { n, e } = publicRsaJwk
  t.true(samePublicKey(parsePublicKey(json({ kty: 'RSA', n: plain(n), e }), 'RS256').material, rsa))
  const { x, y } = toJwk(createPublicKey(p256))
  const ec = { kty: 'EC', crv: 'P-256', x: plain(x), y: plain(y) }
  t.true(samePublicKey(parsePublicKey(json(ec), 'ES256').material, p256))
  const { x: point } = toJwk(createPublicKey(ed25519))
  const okp = { kty: 'OKP', crv: 'Ed25519', x: plain(point) }
  t.true(samePublicKey(parsePublicKey(json(okp), 'Ed25519').material, ed25519))
  const secret = Buffer.alloc(32, 0xfb)
  const oct = json({ kty: 'oct', k: secret.toString('base64') })
  t.deepEqual(parseKeyOfSet(oct, 'HS256').material.export(), secret)
})

test('members that are null or empty count as left out', (t) => {
  const jwk = {
    ...publicRsaJwk,
    d: null,
    p: '',
    oth: [],
    use: null,
    alg: '',
    key_ops: [],
    kid: null
  }
  const { material, kid } = parsePublicKey(json(jwk), 'RS256')
  t.true(samePublicKey(material, rsa))
  t.is(kid, undefined)
})

test('EdDSA and Ed25519 are one algorithm in a JWK', (t) => {
  for (const [alg, asked] of [
    ['EdDSA', 'Ed25519'],
    ['Ed25519', 'EdDSA']
  ] as const) {
    t.true(parsePrivateKey(json(toJwk(ed25519, { alg })), asked).material.equals(ed25519))
  }
})

test('the whole text of a key may be in base64, as in dashboards', (t) => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  t.true(parsePrivateKey(base64(rsaPem), 'RS256').material.equals(rsa))
  t.true(samePublicKey(parsePublicKey(base64(rsaPublicPem), 'RS256').material, rsa))
  t.true(parsePrivateKey(base64(json(toJwk(p256))), 'ES256').material.equals(p256))
  t.is(parseKeyOfSet(base64(set), 'HS512', 'secret').kid, 'secret')
  const bag = base64(`Bag Attributes\n    friendlyName: k\n${rsaPem}`).replaceAll(/.{64}/g, '$&\n')
  t.true(parsePrivateKey(bag, 'RS256').material.equals(rsa))
})

test('a key may be DER in base64, as in Keycloak and in x5c', (t) => {
  const { cert } = createAuthority()
  const body = (pem: string) => pem.replaceAll(/-----[^-]+-----|\s/g, '')
  t.true(samePublicKey(parsePublicKey(body(rsaPublicPem), 'RS256').material, rsa))
  t.true(parsePrivateKey(body(rsaPem), 'RS256').material.equals(rsa))
  t.true(parsePrivateKey(body(p256Pem), 'ES256').material.equals(p256))
  const sec1 = p256.export({ format: 'pem', type: 'sec1' }).toString()
  t.true(parsePrivateKey(body(sec1), 'ES256').material.equals(p256))
  t.is(parsePublicKey(body(cert), 'ES256').material.type, 'public')
  t.is(parsePublicKey(cert.replaceAll('CERT', 'X509 CERT'), 'ES256').material.type, 'public')
  t.throws(() => parsePublicKey(body(rsaPem), 'RS256'), { message: /^found a private key/ })
  t.throws(() => parsePublicKey(Buffer.alloc(60, 0x30).toString('base64'), 'RS256'), {
    message: 'found neither PEM nor a JWK, expected a public key'
  })
})

test('the text of a key may be in quotes, as in files of environment variables', (t) => {
  const base64 = Buffer.from(rsaPem).toString('base64')
  for (const text of [`"${base64}"`, `'${base64}'`, `"${rsaPem}"`, ` '${json(toJwk(rsa))}'`]) {
    t.true(parsePrivateKey(text, 'RS256').material.equals(rsa), text.slice(0, 9))
  }
  t.true(parsePrivateKey(JSON.stringify(json(toJwk(rsa))), 'RS256').material.equals(rsa))
})

test('the line ends of a key may be written out, in every form', (t) => {
  const inLines = (text: string) => text.replaceAll(/.{64}/g, '$&\n')
  const body = rsaPem.replaceAll(/-----[^-]+-----|\s/g, '')
  const jwk = JSON.stringify(toJwk(rsa), null, 2)
  const texts = [
    inLines(body),
    inLines(Buffer.from(rsaPem).toString('base64')),
    jwk,
    `"${jwk.replaceAll('"', '\\"')}"`
  ]
  for (const text of texts) {
    for (const lineEnd of ['\\n', '\\r\\n', '\\\\n']) {
      const written = text.replaceAll('\n', lineEnd)
      t.true(parsePrivateKey(written, 'RS256').material.equals(rsa), written.slice(0, 9))
    }
  }
})

test('a public key is never taken for a shared secret, in whatever form', (t) => {
  const der = createPublicKey(rsa).export({ format: 'der', type: 'spki' })
  for (const [text, encoding] of [
    [der.toString('base64'), 'text'],
    [der.toString('base64url'), 'base64'],
    [der.toString('hex'), 'hex'],
    [Buffer.from(rsaPublicPem).toString('hex'), 'hex'],
    [Buffer.from(rsaPublicPem).toString('base64'), 'text'],
    [Buffer.from(json(toJwk(createPublicKey(rsa)))).toString('base64'), 'base64'],
    [JSON.stringify(json(toJwk(createPublicKey(rsa)))), 'text'],
    [`ssh-rsa ${'A'.repeat(40)} ada@example.com`, 'text']
  ] as const) {
    t.throws(() => parseSecret(text, 'HS256', encoding), {
      instanceOf: KeyError,
      message: /expected a shared secret/
    })
  }
})

test('a JWK Set under private or public has the key of the kid, and a JWK under jwks is a set of one', (t) => {
  t.is(parsePrivateKey(set, 'RS256', undefined, 'private').material.type, 'private')
  t.is(parsePublicKey(set, 'ES256', 'public').material.type, 'public')
  t.like(parseKeyOfSet(json(toJwk(p256, { kid: 'own' })), 'ES256', 'other'), { kid: 'own' })
})

test('of keys with the same kid the usable one is taken, and of equal keys either', (t) => {
  const jwks = [
    toJwk(createPublicKey(rsa), { kid: 'a', use: 'enc' }),
    { kty: 'EC', kid: 'a' },
    toJwk(createPublicKey(p256), { kid: 'a' }),
    toJwk(createPublicKey(p256), { kid: 'a', use: 'sig' })
  ]
  const text = json({ keys: jwks })
  t.true(samePublicKey(parseKeyOfSet(text, 'ES256', 'a').material, p256))
  t.true(samePublicKey(parseKeyOfSet(text, 'ES256').material, p256))
})

test('the kid may be missing only if a set has one key', (t) => {
  t.is(parseKeyOfSet(json({ keys: [toJwk(p256)] }), 'ES256', 'a').kid, undefined)
  t.throws(() => parseKeyOfSet(json({ keys: [toJwk(p256), toJwk(rsa)] }), 'ES256', 'a'), {
    message: 'found no key with the kid "a" in the JWK Set'
  })
})

test('a secret that begins like JSON is still a secret', (t) => {
  t.notThrows(() => parseSecret(`{${'x'.repeat(32)}`, 'HS256'))
  t.notThrows(() => parseSecret(json({ pass: 'x'.repeat(32) }), 'HS256'))
})

const secretJwk = { kty: 'oct', k: randomBytes(64).toString('base64url') }
const set = json({
  keys: [
    null,
    { kid: 'not a key' },
    { kty: 'future', kid: 'future' },
    { ...secretJwk, kid: 'secret' },
    toJwk(rsa, { kid: 'private', alg: 'RS256', use: 'sig', key_ops: ['sign'] }),
    toJwk(createPublicKey(p256), { kid: 'public', key_ops: ['verify'] }),
    toJwk(createPublicKey(p256), { kid: 'twin' }),
    toJwk(createPublicKey(otherP256), { kid: 'twin' })
  ]
})

for (const [kid, alg, type] of [
  ['secret', 'HS512', 'secret'],
  ['private', 'RS256', 'private'],
  ['public', 'ES256', 'public']
] as const) {
  test(`the key with the kid is taken from a JWK Set, also if it is ${type}`, (t) => {
    const material = parseKeyOfSet(set, alg, kid)
    t.is(material.material.type, type)
    t.is(material.kid, kid)
  })
}

test('the only key of a JWK Set is chosen without a kid, and keeps its own', (t) => {
  const { material, kid } = parseKeyOfSet(json({ keys: [toJwk(p256, { kid: 'own' })] }), 'ES256')
  t.true(material.equals(p256))
  t.is(kid, 'own')
})

const openssh = '-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n'
const encryptedRsa = rsa
  .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open it' })
  .toString()
const weakRsa = generatePair('rsa', { modulusLength: 2047 }).signing
const secp256k1 = generatePair('ec', { namedCurve: 'secp256k1' }).signing
const rsaPss = generatePair('rsa-pss', { modulusLength: 2048 }).signing
const x25519 = generatePair('x25519').signing
const publicRsaJwk = toJwk(createPublicKey(rsa))

interface Rejection {
  readonly what: string
  readonly parse: () => unknown
  readonly message: string
}

/** Those up to 167. */
const SMALL_NUMBERS = Array.from({ length: 166 }, (_, index) => BigInt(index + 2))

/** An odd exponent, its first and its last bit set. */
function exponentOf(bits: number): string {
  const hex = (2n ** BigInt(bits - 1) + 1n).toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}

test('an RSA key may have an exponent of 33 bits, and 8192 bits', (t) => {
  let modulus = 2n ** 8192n - 1n
  while (SMALL_NUMBERS.some((number) => modulus % number === 0n)) modulus -= 2n
  const n = Buffer.from(modulus.toString(16), 'hex').toString('base64url')
  t.notThrows(() => parsePublicKey(json({ ...publicRsaJwk, e: exponentOf(33), n }), 'RS256'))
})

const rejections: readonly Rejection[] = [
  {
    what: 'an RSA key under 2048 bits, private',
    parse: () => parsePrivateKey(toPem(weakRsa), 'RS256'),
    message: 'found an RSA key of 2047 bits, expected an RSA key of at least 2048 bits for RS256'
  },
  {
    what: 'an RSA key under 2048 bits, public',
    parse: () => parsePublicKey(toPem(createPublicKey(weakRsa)), 'PS512'),
    message: 'found an RSA key of 2047 bits, expected an RSA key of at least 2048 bits for PS512'
  },
  ...[
    ['AQ', 1],
    ['Ag', 2],
    ['AQAA', 65536]
  ].map(
    ([e, exponent]): Rejection => ({
      what: `an RSA key with the exponent ${exponent}`,
      parse: () => parsePublicKey(json({ ...publicRsaJwk, e }), 'RS256'),
      message: `found an RSA key with the public exponent ${exponent}, expected an odd one from 3 on, usually 65537`
    })
  ),
  ...[34, 3000].map(
    (bits): Rejection => ({
      what: `an RSA key with an exponent of ${bits} bits`,
      parse: () => parsePublicKey(json({ ...publicRsaJwk, e: exponentOf(bits) }), 'RS256'),
      message: `found an RSA key with a public exponent of ${bits} bits, expected at most 33, usually 65537`
    })
  ),
  {
    what: 'an RSA key of more than 8192 bits',
    parse: () =>
      parsePublicKey(
        json({ ...publicRsaJwk, n: Buffer.alloc(1025, 0xff).toString('base64url') }),
        'RS256'
      ),
    message: 'found an RSA key of 8200 bits, expected an RSA key of at most 8192 bits for RS256'
  },
  {
    what: 'an RSA-PSS key, which JWK cannot express',
    parse: () => parsePrivateKey(toPem(rsaPss), 'PS256'),
    message: 'found a key of the type rsa-pss, expected an RSA key of at least 2048 bits for PS256'
  },
  {
    what: 'an EC key on the curve of another algorithm',
    parse: () => parsePrivateKey(p256Pem, 'ES384'),
    message: 'found an EC key on the curve P-256, expected an EC key on the curve P-384 for ES384'
  },
  {
    what: 'an EC key on a curve without an algorithm',
    parse: () => parsePrivateKey(toPem(secp256k1), 'ES256'),
    message:
      'found an EC key on the curve secp256k1, expected an EC key on the curve P-256 for ES256'
  },
  {
    what: 'an EC key for RSA',
    parse: () => parsePrivateKey(p256Pem, 'RS256'),
    message:
      'found an EC key on the curve P-256, expected an RSA key of at least 2048 bits for RS256'
  },
  {
    what: 'an RSA key for EdDSA',
    parse: () => parsePrivateKey(rsaPem, 'EdDSA'),
    message: 'found an RSA key of 2048 bits, expected an Ed25519 key for EdDSA'
  },
  {
    what: 'an X25519 key for EdDSA',
    parse: () => parsePrivateKey(toPem(x25519), 'EdDSA'),
    message: 'found a key of the type x25519, expected an Ed25519 key for EdDSA'
  },
  {
    what: 'a private key for HS256',
    parse: () => parsePrivateKey(toPem(ed25519), 'HS256'),
    message: 'found an Ed25519 key, expected a shared secret for HS256'
  },
  {
    what: 'a secret for RS256',
    parse: () => parseSecret('x'.repeat(64), 'RS256'),
    message: 'found a shared secret, expected an RSA key of at least 2048 bits for RS256'
  },
  {
    what: 'a public PEM as a secret',
    parse: () => parseSecret(rsaPublicPem, 'HS256'),
    message: 'found a PEM text, expected a shared secret; a key pair goes under private'
  },
  {
    what: 'a JWK as a secret',
    parse: () => parseSecret(json(secretJwk), 'HS256'),
    message: 'found a JWK, expected a shared secret; a JWK Set in a file goes under jwks'
  },
  {
    what: 'a JWK Set as a secret',
    parse: () => parseSecret(` ${set}`, 'HS256'),
    message: 'found a JWK, expected a shared secret; a JWK Set in a file goes under jwks'
  },
  {
    what: 'raw bytes that were read as text for a secret',
    parse: () => parseSecret(Buffer.alloc(64, 0xff).toString('utf8'), 'HS256'),
    message:
      'found bytes that are not UTF-8, expected text; raw bytes are written in base64, with encoding: base64'
  },
  {
    what: 'an empty secret',
    parse: () => parseSecret('', 'HS256'),
    message:
      'found a secret of 0 bytes, expected at least 32 bytes for HS256 (RFC 7518, section 3.2)'
  },
  {
    what: 'a private PEM where a public key is asked',
    parse: () => parsePublicKey(rsaPem, 'RS256'),
    message: 'found a private key, expected a public one: it is all that verifying needs'
  },
  {
    what: 'a private JWK where a public key is asked',
    parse: () => parsePublicKey(json(toJwk(p256)), 'ES256'),
    message: 'found a private key in a JWK, expected a public one'
  },
  {
    what: 'a symmetric JWK where a public key is asked',
    parse: () => parsePublicKey(json(secretJwk), 'HS256'),
    message: 'found a secret key in a JWK, expected a public one'
  },
  {
    what: 'a public PEM where a private key is asked',
    parse: () => parsePrivateKey(rsaPublicPem, 'RS256'),
    message: 'found PUBLIC KEY in PEM, expected a private key'
  },
  {
    what: 'a public JWK where a private key is asked',
    parse: () => parsePrivateKey(json(publicRsaJwk), 'RS256'),
    message: 'found a public key in a JWK, expected a private one'
  },
  {
    what: 'two private keys in one PEM text',
    parse: () => parsePrivateKey(rsaPem + p256Pem, 'RS256'),
    message: 'found more than one private key in PEM, expected one'
  },
  {
    what: 'two public keys in one PEM text',
    parse: () => parsePublicKey(rsaPublicPem + rsaPublicPem, 'RS256'),
    message: 'found PUBLIC KEY and PUBLIC KEY in PEM, expected one public key'
  },
  {
    what: 'PEM of something else',
    parse: () => parsePublicKey('-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----', 'RS256'),
    message: 'found X509 CRL in PEM, expected a public key or a certificate'
  },
  {
    what: 'a certificate whose key is of another type',
    parse: () => parsePublicKey(createAuthority().cert, 'RS256'),
    message:
      'found an EC key on the curve P-256, expected an RSA key of at least 2048 bits for RS256'
  },
  {
    what: 'a certificate where a private key is asked',
    parse: () => parsePrivateKey(createAuthority().cert, 'ES256'),
    message: 'found CERTIFICATE in PEM, expected a private key'
  },
  {
    what: 'an OpenSSH key',
    parse: () => parsePrivateKey(openssh, 'EdDSA'),
    message:
      'found a private key in the format of OpenSSH, expected PKCS#8, PKCS#1 or SEC1 (`ssh-keygen -p -m PKCS8 -f file` converts it)'
  },
  {
    what: 'an encrypted key without a passphrase',
    parse: () => parsePrivateKey(encryptedRsa, 'RS256'),
    message: 'found an encrypted private key, expected a passphrase with it'
  },
  {
    what: 'an encrypted key with a wrong passphrase',
    parse: () => parsePrivateKey(encryptedRsa, 'RS256', 'open sesame'),
    message: 'found an encrypted private key that its passphrase does not open'
  },
  {
    what: 'PEM that was cut off',
    parse: () => parsePrivateKey(rsaPem.slice(0, 200), 'RS256'),
    message: 'found the start of a PEM block without its end'
  },
  {
    what: 'PEM with a damaged body, private',
    parse: () => parsePrivateKey(rsaPem.replace(/\nMII/, '\nAII'), 'RS256'),
    message: 'found PRIVATE KEY in PEM that cannot be read'
  },
  {
    what: 'PEM with a damaged body, public',
    parse: () => parsePublicKey(rsaPublicPem.replace(/\nMII/, '\nAII'), 'RS256'),
    message: 'found PUBLIC KEY in PEM that cannot be read'
  },
  {
    what: 'a text that is not a key',
    parse: () => parsePrivateKey('hunter2', 'RS256'),
    message: 'found neither PEM nor a JWK, expected a private key'
  },
  {
    what: 'the name of a file',
    parse: () => parsePrivateKey('./rsa.pem', 'RS256'),
    message:
      'found neither PEM nor a JWK, expected a private key; did you mean { file: ./rsa.pem }?'
  },
  {
    what: 'the name of a file, of a set',
    parse: () => parseKeyOfSet('./set.json', 'RS256'),
    message: 'found no JSON, expected a JWK or a JWK Set; did you mean { file: ./set.json }?'
  },
  {
    what: 'a secret in base64, which is not shown',
    parse: () => parsePrivateKey('/a+b/cd3Fz9Qk=', 'RS256'),
    message: 'found neither PEM nor a JWK, expected a private key'
  },
  {
    what: 'JSON that is cut off',
    parse: () => parsePrivateKey('{"kty":', 'RS256'),
    message: 'found text that is not JSON, expected a JWK or a JWK Set'
  },
  {
    what: 'JSON that is not a JWK',
    parse: () => parsePublicKey('{"n":"AQAB"}', 'RS256'),
    message: 'found JSON without kty and without a list of keys, expected a JWK or a JWK Set'
  },
  {
    what: 'a JWK Set where no kid chooses among several keys',
    parse: () => parsePublicKey(set, 'ES256'),
    message: 'found more than one key for ES256 in the JWK Set, expected a kid that chooses one'
  },
  {
    what: 'a JWK Set that has no key for the algorithm',
    parse: () => parsePublicKey(set, 'EdDSA'),
    message: 'found 6 keys in the JWK Set, none of which fits EdDSA'
  },
  {
    what: 'JSON that is not an object for a JWK Set',
    parse: () => parseKeyOfSet('[]', 'HS256'),
    message: 'found JSON that is not an object, expected a JWK or a JWK Set'
  },
  {
    what: 'a kid that is not in the JWK Set',
    parse: () => parseKeyOfSet(set, 'HS256', 'other'),
    message: 'found no key with the kid "other" in the JWK Set'
  },
  {
    what: 'a kid that the JWK Set has twice',
    parse: () => parseKeyOfSet(set, 'ES256', 'twin'),
    message: 'found more than one key with the kid "twin" for ES256 in the JWK Set, expected one'
  },
  {
    what: 'no kid for a JWK Set of several keys',
    parse: () => parseKeyOfSet(set, 'ES256'),
    message: 'found more than one key for ES256 in the JWK Set, expected a kid that chooses one'
  },
  {
    what: 'an empty JWK Set',
    parse: () => parseKeyOfSet('{"keys":[]}', 'HS256'),
    message: 'found no key in the JWK Set'
  },
  {
    what: 'a JWK with an unknown kty',
    parse: () => parseKeyOfSet(set, 'HS256', 'future'),
    message: 'found a JWK of the kty "future", expected RSA, EC, OKP or oct'
  },
  {
    what: 'a JWK for another algorithm',
    parse: () => parsePrivateKey(json(toJwk(rsa, { alg: 'RS512' })), 'RS256'),
    message: 'found a JWK with the alg "RS512", expected RS256'
  },
  {
    what: 'a JWK whose alg is not text',
    parse: () => parsePrivateKey(json(toJwk(rsa, { alg: ['RS256'] })), 'RS256'),
    message: 'found a JWK with the alg (no text), expected RS256'
  },
  {
    what: 'a JWK for encryption',
    parse: () => parsePublicKey(json(toJwk(createPublicKey(rsa), { use: 'enc' })), 'RS256'),
    message: 'found a JWK with the use "enc", expected sig'
  },
  {
    what: 'a private JWK that may not sign',
    parse: () => parsePrivateKey(json(toJwk(rsa, { key_ops: ['decrypt'] })), 'RS256'),
    message: 'found a JWK whose key_ops do not allow it to sign'
  },
  {
    what: 'a public JWK that may not verify',
    parse: () =>
      parsePublicKey(json(toJwk(createPublicKey(rsa), { key_ops: ['encrypt'] })), 'RS256'),
    message: 'found a JWK whose key_ops do not allow it to verify'
  },
  {
    what: 'a JWK without one of its members',
    parse: () => parsePrivateKey(json({ ...toJwk(rsa), qi: undefined }), 'RS256'),
    message: 'found a JWK of the kty RSA without qi'
  },
  {
    what: 'a JWK with a member in base64 with too much padding',
    parse: () => parsePublicKey(json({ ...publicRsaJwk, e: 'AQAB==' }), 'RS256'),
    message: 'found a JWK whose e is not base64url'
  },
  {
    what: 'a JWK with a member that is not text',
    parse: () => parsePublicKey(json({ ...publicRsaJwk, e: 65537 }), 'RS256'),
    message: 'found a JWK whose e is not base64url'
  },
  ...(['base64', 'hex'] as const).map(
    (encoding): Rejection => ({
      what: `a secret that is not in ${encoding}`,
      parse: () => parseSecret('not a secret in any encoding, is it?', 'HS256', encoding),
      message: `found text that is not ${encoding}, expected a secret in ${encoding}`
    })
  ),
  {
    what: 'a public PEM in base64 as a secret',
    parse: () => parseSecret(Buffer.from(rsaPublicPem).toString('base64'), 'HS256', 'base64'),
    message: 'found a PEM text, expected a shared secret; a key pair goes under private'
  },
  {
    what: 'a JWK with only a certificate for its key',
    parse: () => parsePublicKey(json({ kty: 'RSA', x5c: ['MIIB'] }), 'RS256'),
    message: 'found a JWK of the kty RSA without n'
  },
  {
    what: 'a JWK with a point that is not on its curve',
    parse: () =>
      parsePublicKey(json({ ...toJwk(createPublicKey(p256)), x: toJwk(otherP256).x }), 'ES256'),
    message: 'found a JWK of the kty EC that cannot be read'
  },
  {
    what: 'a JWK of RSA with more than two primes',
    parse: () =>
      parsePrivateKey(json(toJwk(rsa, { oth: [{ r: 'AQ', d: 'AQ', t: 'AQ' }] })), 'RS256'),
    message: 'found an RSA key of more than two primes'
  },
  ...[
    ['RS256', { ...toJwk(rsa), n: toJwk(otherRsa).n }],
    ['ES256', { ...toJwk(p256), x: toJwk(otherP256).x, y: toJwk(otherP256).y }],
    ['EdDSA', { ...toJwk(ed25519), x: toJwk(otherEd25519).x }]
  ].map(
    ([alg, jwk]): Rejection => ({
      what: `a JWK whose halves are of two keys (${alg})`,
      parse: () => parsePrivateKey(json(jwk as object), alg as Algorithm),
      message: 'found a private key that does not match its own public half'
    })
  )
]

for (const { what, parse, message } of rejections) {
  test(`rejected: ${what}`, (t) => {
    t.throws(parse, { instanceOf: KeyError, message })
  })
}
