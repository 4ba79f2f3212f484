import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { createKeySources } from '../../src/keys/create-key-sources.ts'
import { ALGORITHMS } from '../../src/keys/key.ts'
import { createKeyStore } from '../../src/keys/key-store.ts'
import type { KeyConfig } from '../../src/keys/settings.ts'
import { generateKeys, toJwk, toPem } from '../helpers/keys.ts'

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const
const PUBLIC_MEMBERS = ['kty', 'kid', 'alg', 'use', 'n', 'e', 'crv', 'x', 'y']
const PASSPHRASE = 'open it'
const LATEST = 10_000

const keys = ALGORITHMS.map((alg) => ({ alg, ...generateKeys(alg) }))

interface Sample {
  readonly config: KeyConfig
  /** Parameters that must not be published. */
  readonly hidden: readonly Buffer[]
  readonly isSymmetric: boolean
}

type Origin = 'secret' | 'private' | 'public' | 'jwks' | 'jwksUrl' | 'generate'
type Settings<Name extends Origin> = Omit<
  Extract<KeyConfig, { origin: Name }>,
  'kid' | 'alg' | 'typ' | 'publish' | 'from' | 'until'
>
type FixedSettings =
  | Settings<'secret'>
  | Settings<'private'>
  | Settings<'public'>
  | Settings<'jwks'>

/** All forms of a key in a configuration. */
function writeForms(signing: KeyObject, verifying: KeyObject, kid: string): FixedSettings[] {
  const jwks: FixedSettings = {
    origin: 'jwks',
    jwks: JSON.stringify({ keys: [toJwk(signing, { kid })] })
  }
  // A secret of the configuration is text, and its random bytes are not.
  if (signing.type === 'secret') {
    return [
      jwks,
      { origin: 'secret', encoding: undefined, secret: signing.export().toString('hex') }
    ]
  }
  const encrypted = signing
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: PASSPHRASE })
    .toString()
  const privateJwk = JSON.stringify(toJwk(signing, { kid }))
  const publicJwk = JSON.stringify(toJwk(verifying, { kid }))
  return [
    jwks,
    { origin: 'jwks', jwks: `{"keys":[${publicJwk}]}` },
    { origin: 'private', private: toPem(signing), passphrase: undefined },
    { origin: 'private', private: encrypted, passphrase: PASSPHRASE },
    { origin: 'private', private: privateJwk, passphrase: undefined },
    { origin: 'public', public: toPem(verifying) },
    { origin: 'public', public: publicJwk }
  ]
}

function hiddenParts(signing: KeyObject): Buffer[] {
  const jwk = toJwk(signing)
  const members = PRIVATE_MEMBERS.map((name) => jwk[name]).filter((value) => value !== undefined)
  const bytes = members.map((value) => Buffer.from(String(value), 'base64url'))
  return [...bytes, ...bytes.map((part) => Buffer.from(part.toString('hex')))]
}

const time = fc.integer({ min: 0, max: LATEST })

function sampleOf(kid: string): fc.Arbitrary<Sample> {
  return fc
    .record({
      key: fc.constantFrom(...keys),
      form: fc.nat(),
      from: fc.option(time, { nil: undefined }),
      until: fc.option(time, { nil: undefined })
    })
    .map(({ key: { alg, signing, verifying }, form, from, until }) => {
      const forms = writeForms(signing, verifying, kid)
      const settings = forms[form % forms.length]
      if (settings === undefined) throw new TypeError('no form')
      return {
        config: {
          kid,
          alg,
          typ: 'JWT',
          publish: true,
          from,
          until,
          ...settings
        } satisfies KeyConfig,
        hidden: hiddenParts(signing),
        isSymmetric: signing.type === 'secret'
      }
    })
}

const samples = fc
  .integer({ min: 1, max: 6 })
  .chain((count) =>
    fc.tuple(...Array.from({ length: count }, (_, index) => sampleOf(`key-${index}`)))
  )

/** The bytes of a text, and of every part of it that may be base64. */
function bytesOf(text: string): Buffer[] {
  const encoded = text.match(/[A-Za-z0-9+/_-]{16,}/g) ?? []
  return [Buffer.from(text), ...encoded.map((part) => Buffer.from(part, 'base64'))]
}

test('for any keys, the published JWK Set has every public half and no private parameter or symmetric key', (t) => {
  fc.assert(
    fc.property(samples, time, (entries, now) => {
      const { sources, problems } = createKeySources(
        entries.map(({ config }) => config),
        { remote: fail, generated: fail }
      )
      if (problems.length > 0) throw new TypeError(JSON.stringify(problems))
      const published = createKeyStore(sources, () => now).published()

      const expected = entries.filter(
        ({ config: { until = LATEST + 1 }, isSymmetric }) => !isSymmetric && now < until
      )
      const kids = [...published.keys()].toSorted()
      if (kids.join() !== expected.map(({ config }) => config.kid).join()) return false

      return [...published.values()].every(({ jwk, pem }) => {
        const names = Object.keys(jwk)
        const texts = [...bytesOf(JSON.stringify(jwk)), ...bytesOf(pem.replaceAll('\n', ''))]
        return (
          names.every((name) => PUBLIC_MEMBERS.includes(name)) &&
          !PRIVATE_MEMBERS.some((name) => names.includes(name)) &&
          ['RSA', 'EC', 'OKP'].includes(jwk.kty) &&
          !entries.some(({ hidden }) =>
            hidden.some((part) => texts.some((b) => b.includes(part)))
          ) &&
          isPublicPem(pem)
        )
      })
    })
  )
  t.pass()
})

function isPublicPem(pem: string): boolean {
  try {
    createPrivateKey(pem)
    return false
  } catch {
    return createPublicKey(pem).type === 'public'
  }
}

function fail(): never {
  throw new TypeError('no such source is asked for')
}

for (const { alg, signing } of keys) {
  test(`${alg}: the property finds private parameters where they are present`, (t) => {
    const leak = JSON.stringify(signing.export({ format: 'jwk' }))
    const texts = bytesOf(leak)
    t.true(hiddenParts(signing).some((part) => texts.some((bytes) => bytes.includes(part))))
  })
}
