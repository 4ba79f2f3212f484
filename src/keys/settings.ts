/** The `keys` of the configuration. */
import { pathToFileURL } from 'node:url'
import * as z from 'zod'
import { type Address, addressIn } from '../remote/address.ts'
import { duration, flag, instant } from '../settings/quantities.ts'
import { material, type SecretReader, sharedSecret } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { tokenType } from '../settings/tokens.ts'
import { httpUrl, isAllowed, PLAIN_HTTP } from '../settings/urls.ts'
import { ALGORITHM_NAMES, parseAlgorithm } from './algorithms.ts'
import { THUMBPRINT_KID } from './generated/generated-key-file.ts'
import { SECRET_ENCODINGS } from './material/key-material.ts'
import {
  remoteKeyShape,
  STALE_LIMIT_EXPECTED,
  staysWithin,
  toRemoteKeyOptions
} from './remote/settings.ts'

export type KeyConfig = z.output<ReturnType<typeof keySchema>>
/** A key in a JWK Set behind a URL. */
export type RemoteKeyConfig = Extract<KeyConfig, { origin: 'jwksUrl' }>
/** Keys that the service makes itself. */
export type GeneratedKeyConfig = Extract<KeyConfig, { origin: 'generate' }>

/** Where a key may come from. An entry has exactly one of these. */
const ORIGINS = ['secret', 'private', 'public', 'jwks', 'jwksUrl', 'generate'] as const

/** Settings that require the origin that they belong to. */
const BELONGS_TO = {
  encoding: 'secret',
  passphrase: 'private',
  allowHttp: 'jwksUrl',
  tls: 'jwksUrl',
  proxy: 'jwksUrl',
  refresh: 'jwksUrl',
  cooldown: 'jwksUrl',
  staleLimit: 'jwksUrl',
  timeout: 'jwksUrl',
  limits: 'jwksUrl'
} as const

/**
 * One entry. It is one section for all origins, not a union of sections, so that a message can name the exact mistake,
 * and what the origins share is described once.
 */
export function keySchema(reader: SecretReader) {
  return createEntrySchema(reader).transform(toKeyConfig)
}

function createEntrySchema(reader: SecretReader) {
  const entry = section({ ...commonShape, ...originShape(reader), ...remoteKeyShape(reader) })
    .meta({ oneOf: ORIGINS.map((origin) => ({ required: [origin] })) })
    .refine((entry) => listOrigins(entry).length === 1, {
      error: ({ input }) => describeOrigins(listOrigins(input)),
      when: isWholeMap
    })
    .refine(({ from, until }) => from === undefined || until === undefined || from < until, {
      error: 'expected a date after from',
      path: ['until']
    })
    .refine(({ jwksUrl = '', allowHttp }) => isAllowed(jwksUrl, allowHttp === true), {
      error: PLAIN_HTTP,
      path: ['jwksUrl']
    })
    .refine(staysWithin, { error: STALE_LIMIT_EXPECTED, path: ['staleLimit'] })
  return Object.entries(BELONGS_TO).reduce(
    (schema, [name, origin]) =>
      schema.refine((entry) => !Object.hasOwn(entry, name) || Object.hasOwn(entry, origin), {
        error: `only goes with ${origin}`,
        path: [name],
        when: isWholeMap
      }),
    entry
  )
}

const text = z.string('expected text').min(1, 'expected text')

const commonShape = {
  kid: text
    .optional()
    .describe(
      'The name of the key (kid). Routes refer to the key by it, and the header of tokens has it. Default: no name; the header has the kid of the JWK, if the key is one.'
    ),
  alg: z
    .enum(ALGORITHM_NAMES, `expected one of ${ALGORITHM_NAMES.join(', ')}`)
    .transform(parseAlgorithm)
    .describe(
      'The only algorithm that the key is used with. RSA256 and RSA512 are other names of RS256 and RS512. EdDSA and Ed25519 are two names of one algorithm: the header of tokens has the one that is given, and tokens with either are verified.'
    ),
  typ: tokenType
    .default('JWT')
    .describe('The type (typ) in the header of tokens that the key signs. Default: JWT.'),
  publish: flag
    .default(true)
    .describe(
      'Whether the public key, if there is one, is published. Do not publish the key of another issuer: services that trust the JWK Set would accept its tokens as tokens of this service. A key from `jwksUrl` is only published if it signs. Default: true.'
    ),
  from: instant
    .optional()
    .describe(
      'Date (ISO 8601) at which the key starts to sign. It verifies and is published before that. Where a route names no key, the key whose `from` passed last signs. Default: it always signs.'
    ),
  until: instant
    .optional()
    .describe(
      'Date (ISO 8601) at which the key expires: from then on it neither signs nor verifies, and is not published. Default: it never expires.'
    )
}

function originShape(reader: SecretReader) {
  return {
    secret: sharedSecret(reader)
      .optional()
      .describe(
        'The shared secret: at least 32 bytes for HS256, 48 for HS384, 64 for HS512. With a secret that is published or can be guessed, the service only starts on loopback listeners.'
      ),
    encoding: z
      .enum(SECRET_ENCODINGS, `expected one of ${SECRET_ENCODINGS.join(', ')}`)
      .optional()
      .describe(
        'How the secret is written: as `text`, whose bytes in UTF-8 are the secret, or encoded as `base64` (or base64url) or `hex`. Default: text.'
      ),
    private: material(reader)
      .optional()
      .describe(
        'The private key, which signs and verifies: PEM (PKCS#8, PKCS#1 or SEC1), a JWK, or a JWK Set that has the key of this kid. An RSA key needs at least 2048 bits.'
      ),
    passphrase: material(reader)
      .optional()
      .describe('The passphrase of an encrypted private key. Default: the key is not encrypted.'),
    public: material(reader)
      .optional()
      .describe(
        'The public key, which verifies only: PEM (SubjectPublicKeyInfo, PKCS#1 or an X.509 certificate), a JWK, or a JWK Set that has the key of this kid.'
      ),
    jwks: material(reader)
      .optional()
      .describe(
        'A JWK, or a JWK Set. From a set the key with this kid is used; without a kid, the only key that fits `alg`. A symmetric or private key signs too.'
      ),
    jwksUrl: httpUrl
      .optional()
      .describe(
        'URL of a JWK Set that has the key with this kid, or of a JWK. A symmetric or private key signs too.'
      ),
    generate: generateSchema(reader).optional().describe('Keys that the service generates itself.')
  }
}

const KIDS_EXPECTED = 'expected a text with {thumbprint}, {uuid} or {milliseconds} in it'

function generateSchema(reader: SecretReader) {
  return section({
    dir: z
      .string('expected the path of a folder')
      .min(1, 'expected the path of a folder')
      .transform((path) => reader.resolve(path))
      .describe(
        'The folder for the keys, relative to the folder of the configuration. Replicas that share the folder share the keys.'
      ),
    kids: z
      .string(KIDS_EXPECTED)
      .regex(/^[\w.:-]*\{(?:thumbprint|uuid|milliseconds)\}[\w.:-]*$/, KIDS_EXPECTED)
      .default(THUMBPRINT_KID)
      .describe(
        'The kids of the keys: a text that contains `{thumbprint}` (RFC 7638), `{uuid}` or `{milliseconds}` (the time when the key was generated). Default: {thumbprint}.'
      ),
    rotateEvery: duration('10s', '36500d')
      .prefault('168h')
      .describe('How long a key signs until a new one takes over. Default: 168h.'),
    publishAhead: duration('1s', '30d')
      .prefault('60s')
      .describe('How long a key is published before it signs. Default: 60s.')
  }).refine(({ rotateEvery, publishAhead }) => publishAhead < rotateEvery, {
    error: 'expected less than rotateEvery',
    path: ['publishAhead']
  })
}

/** The address that a key is fetched from, or the directory that it is generated in; none where it is in the configuration. */
export function addressesOfKey(key: KeyConfig): readonly Address[] {
  if (key.origin === 'generate') return [addressOfDirectory(key.generate.dir)]
  return key.origin === 'jwksUrl'
    ? [{ ...addressIn(key, 'jwksUrl', 'jwks'), jwkSet: toRemoteKeyOptions(key) }]
    : []
}

function addressOfDirectory(dir: string): Address {
  return {
    kind: 'directory',
    setting: ['generate', 'dir'],
    url: pathToFileURL(dir),
    tls: undefined,
    shown: dir,
    async reach() {
      const { probeFolder } = await import('../settings/folder.ts')
      return probeFolder(dir)
    }
  }
}

function listOrigins(entry: unknown): string[] {
  return ORIGINS.filter((origin) => Object.hasOwn(entry as object, origin))
}

function describeOrigins(found: readonly string[]): string {
  const names = found.length === 0 ? 'none of them' : found.join(' and ')
  return `expected exactly one of ${ORIGINS.join(', ')}, found ${names}`
}

/** These rules apply to entries with other problems too, except for a misspelt setting, where that problem alone is clearer. */
function isWholeMap({ value, issues }: z.core.ParsePayload): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !issues.some(({ code }) => code === 'unrecognized_keys')
  )
}

function toKeyConfig(entry: z.output<ReturnType<typeof createEntrySchema>>) {
  const { kid, alg, typ, publish, from, until } = entry
  const common = { kid, alg, typ, publish, from, until }
  if (entry.secret !== undefined) {
    const { secret, encoding } = entry
    return { ...common, origin: 'secret' as const, secret, encoding }
  }
  if (entry.private !== undefined) {
    const { passphrase } = entry
    return { ...common, origin: 'private' as const, private: entry.private, passphrase }
  }
  if (entry.public !== undefined) {
    return { ...common, origin: 'public' as const, public: entry.public }
  }
  if (entry.jwks !== undefined) return { ...common, origin: 'jwks' as const, jwks: entry.jwks }
  if (entry.jwksUrl !== undefined) {
    const { jwksUrl, allowHttp, tls, proxy, refresh, cooldown, staleLimit, timeout, limits } = entry
    const waiting = { refresh, cooldown, staleLimit, timeout, limits }
    return { ...common, origin: 'jwksUrl' as const, jwksUrl, allowHttp, tls, proxy, ...waiting }
  }
  if (entry.generate !== undefined) {
    return { ...common, origin: 'generate' as const, generate: entry.generate }
  }
  // Only an unknown key leads here, since transforms run in spite of it; the entry is rejected anyway.
  return z.NEVER
}
