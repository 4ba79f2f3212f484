/** The `keys` of the configuration. */
import * as z from 'zod'
import { type Address, addressIn } from '../remote/address.ts'
import { duration, flag, instant } from '../settings/quantities.ts'
import { material, type SecretReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { httpUrl, isAllowed, PLAIN_HTTP } from '../settings/urls.ts'
import { ALGORITHM_NAMES, parseAlgorithm } from './algorithms.ts'
import { THUMBPRINT_KID } from './generated/generated-key-file.ts'
import { remoteKeyShape, STALE_LIMIT_EXPECTED, staysWithin } from './remote/settings.ts'

export type KeyConfig = z.output<ReturnType<typeof keySchema>>
/** A key in a JWK Set behind a URL. */
export type RemoteKeyConfig = Extract<KeyConfig, { origin: 'jwksUrl' }>
/** Keys that the service makes itself. */
export type GeneratedKeyConfig = Extract<KeyConfig, { origin: 'generate' }>

/** Where a key may come from. An entry has exactly one of these. */
const ORIGINS = ['secret', 'private', 'public', 'jwks', 'jwksUrl', 'generate'] as const

/** Settings that mean nothing without the origin that they belong to. */
const BELONGS_TO = {
  passphrase: 'private',
  allowHttp: 'jwksUrl',
  tls: 'jwksUrl',
  refresh: 'jwksUrl',
  cooldown: 'jwksUrl',
  staleLimit: 'jwksUrl',
  timeout: 'jwksUrl',
  limits: 'jwksUrl'
} as const

/**
 * One entry. It is one section for all origins, not a union of sections: so a message can name the exact mistake,
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
      'The name of the key (kid): routes call it by that, and it is in the header of tokens. Default: no name; in the header the kid of the JWK where the key is one, else none.'
    ),
  alg: z
    .enum(ALGORITHM_NAMES, `expected one of ${ALGORITHM_NAMES.join(', ')}`)
    .transform(parseAlgorithm)
    .describe(
      'The only algorithm that the key is used with. RSA256 and RSA512 are other names of RS256 and RS512.'
    ),
  typ: text
    .default('JWT')
    .describe('The type (typ) in the header of tokens that the key signs. Default: JWT.'),
  publish: flag
    .default(true)
    .describe(
      'Whether the public half is published, where there is one. Do not publish the key of another issuer: services that trust the JWK Set would accept its tokens as those of this service. Of keys behind `jwksUrl` only those that sign are. Default: true.'
    ),
  from: instant
    .optional()
    .describe(
      'Date (ISO 8601) at which the key starts to sign; it verifies and is published before. Where a route names no key, the one whose `from` passed last signs. Default: it always signs.'
    ),
  until: instant
    .optional()
    .describe(
      'Date (ISO 8601) at which the key expires: from then on it neither signs nor verifies, and is not published. Default: it never expires.'
    )
}

function originShape(reader: SecretReader) {
  return {
    secret: material(reader)
      .optional()
      .describe(
        'The shared secret, its text in UTF-8: at least 32 bytes for HS256, 48 for HS384, 64 for HS512.'
      ),
    private: material(reader)
      .optional()
      .describe(
        'The private key, which signs and verifies: PEM (PKCS#8, PKCS#1 or SEC1) or a JWK. RSA has at least 2048 bits.'
      ),
    passphrase: material(reader)
      .optional()
      .describe('The passphrase of an encrypted private key. Default: the key is not encrypted.'),
    public: material(reader)
      .optional()
      .describe(
        'The public key, which verifies only: PEM (SubjectPublicKeyInfo, PKCS#1 or an X.509 certificate) or a JWK.'
      ),
    jwks: material(reader)
      .optional()
      .describe(
        'A JWK Set that has the key of this kid; without a kid, its only key. A symmetric or private key signs too.'
      ),
    jwksUrl: httpUrl
      .optional()
      .describe(
        'URL of a JWK Set that has the key of this kid. A symmetric or private key signs too.'
      ),
    generate: generateSchema(reader).optional().describe('Keys that the service makes itself.')
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
        'The folder that the keys are kept in, relative to the folder of the configuration. Replicas that share it share the keys.'
      ),
    kids: z
      .string(KIDS_EXPECTED)
      .regex(/^[\w.:-]*\{(?:thumbprint|uuid|milliseconds)\}[\w.:-]*$/, KIDS_EXPECTED)
      .default(THUMBPRINT_KID)
      .describe(
        'The kids of the keys: a text with one of `{thumbprint}` (RFC 7638), `{uuid}` and `{milliseconds}` (of the making of the key) in it. Default: {thumbprint}.'
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

/** What a key is fetched from; nothing where it is in the configuration or made by the service. */
export function addressesOfKey(key: KeyConfig): readonly Address[] {
  return key.origin === 'jwksUrl' ? [addressIn(key, 'jwksUrl', 'jwks')] : []
}

function listOrigins(entry: unknown): string[] {
  return ORIGINS.filter((origin) => Object.hasOwn(entry as object, origin))
}

function describeOrigins(found: readonly string[]): string {
  const names = found.length === 0 ? 'none of them' : found.join(' and ')
  return `expected exactly one of ${ORIGINS.join(', ')}, found ${names}`
}

/** These rules hold for entries with other faults too; but for a misspelt setting that problem alone is the clearer message. */
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
    return { ...common, origin: 'secret' as const, secret: entry.secret }
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
    const { jwksUrl, allowHttp, tls, refresh, cooldown, staleLimit, timeout, limits } = entry
    const fetching = { jwksUrl, allowHttp, tls, refresh, cooldown, staleLimit, timeout, limits }
    return { ...common, origin: 'jwksUrl' as const, ...fetching }
  }
  if (entry.generate !== undefined) {
    return { ...common, origin: 'generate' as const, generate: entry.generate }
  }
  // Only an unknown key leads here, which does not keep transforms from being run; the entry is rejected all the same.
  return z.NEVER
}
