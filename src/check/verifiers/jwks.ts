/** The verifiers `jwks` and `discover`: the JWK Set of another issuer, by the URL of the set or of the issuer. */
import * as z from 'zod'
import { ALGORITHM_NAMES, isSymmetric, parseAlgorithm } from '../../keys/algorithms.ts'
import type { RemoteKeySourceOptions } from '../../keys/remote/remote-key-source.ts'
import {
  remoteKeyShape,
  STALE_LIMIT_EXPECTED,
  staysWithin,
  toJwkSetOptions
} from '../../keys/remote/settings.ts'
import { type Address, addressIn, type OpenAddress } from '../../remote/address.ts'
import { createTlsOptions } from '../../remote/tls-options.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { reasonAgainst, section } from '../../settings/section.ts'
import { httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'
import type { Verifier } from '../check.ts'
import {
  createKeysFor,
  hasPlaceForTenants,
  issuerName,
  type KeysFor,
  NO_PLACE_FOR_TENANTS,
  TENANT_IN_ISSUER,
  tenants
} from './issuer-keys.ts'
import { countClaims, discoveredIssuers } from './issuer-match.ts'
import { createKeysVerifier } from './keys-verifier.ts'
import type { VerifierKind, VerifierServices } from './verifier-kind.ts'

/** The settings of a verifier whose keys are in the JWK Set of another issuer. */
export type JwkSetVerifierConfig = JwksVerifierConfig | DiscoverVerifierConfig
type JwksVerifierConfig = z.output<ReturnType<typeof jwksVerifierSchema>>
type DiscoverVerifierConfig = z.output<ReturnType<typeof discoverVerifierSchema>>

/** A verifier with a shared secret can sign with it, so none is fetched from elsewhere. */
const PUBLIC_ALGORITHMS = ALGORITHM_NAMES.filter((name) => !isSymmetric(parseAlgorithm(name)))

export const jwksKind = {
  setting: 'jwks',
  settings: jwksVerifierSchema,
  create: createJwkSetVerifier,
  addresses: (config) => [addressOf(config, addressIn(config, 'jwks', 'jwks'))]
} satisfies VerifierKind<JwksVerifierConfig>

export const discoverKind = {
  setting: 'discover',
  settings: discoverVerifierSchema,
  create: createJwkSetVerifier,
  addresses: (config) => [addressOf(config, addressIn(config, 'discover', 'jwks'))]
} satisfies VerifierKind<DiscoverVerifierConfig>

/** Whether the keys of a verifier are in a JWK Set of another issuer. */
export function hasJwkSet(config: object): config is JwkSetVerifierConfig {
  return 'jwks' in config || 'discover' in config
}

/** The name of the issuer whose tokens are verified. For `discover` the default is its URL. */
export function issuerOf(config: JwkSetVerifierConfig): string {
  return 'discover' in config ? (config.issuer ?? config.discover) : config.issuer
}

/** Where the JWK Set of a verifier is, and how it is fetched. */
export function jwkSetOptions(config: JwkSetVerifierConfig): RemoteKeySourceOptions {
  const place =
    'discover' in config
      ? { url: config.discover, issuers: discoveredIssuers(issuerOf(config)) }
      : { url: config.jwks }
  return toJwkSetOptions(place, config)
}

function createJwkSetVerifier(
  config: JwkSetVerifierConfig,
  { keyStore, namedIssuers }: Pick<VerifierServices, 'keyStore' | 'namedIssuers'>
): Verifier {
  const jwkSet = keyStore.jwkSets.get(config)
  if (jwkSet === undefined) throw new TypeError('expected the JWK Set of each verifier')
  const { tenants } = config
  const issuer = issuerOf(config)
  const keysOfIssuer = createKeysFor({ issuer, tenants }, new Map())
  if (countClaims(issuer) === 0 || namedIssuers === undefined) {
    return createKeysVerifier({ keyStore: jwkSet, keysFor: keysOfIssuer })
  }
  const keysFor: KeysFor = function keysOfTenant(claims) {
    const isNamed = typeof claims.iss === 'string' && namedIssuers.has(claims.iss)
    return isNamed ? undefined : keysOfIssuer(claims)
  }
  return createKeysVerifier({ keyStore: jwkSet, keysFor })
}

function addressOf(config: JwkSetVerifierConfig, address: OpenAddress): Address {
  return { ...address, jwkSet: jwkSetOptions(config) }
}

function jwksVerifierSchema(reader: SecretReader) {
  return refineJwkSet(
    section({
      jwks: httpUrl.describe(
        'URL of the JWK Set that has the public keys of the issuer, or of a single JWK.'
      ),
      issuer: issuerName.describe(
        `The \`iss\` of the tokens that these keys verify. The keys verify no other tokens, and no other keys verify tokens of this issuer. ${TENANT_IN_ISSUER}`
      ),
      ...jwkSetShape(reader)
    }).refine(({ jwks, allowHttp }) => isAllowed(jwks, allowHttp === true), {
      error: PLAIN_HTTP,
      path: ['jwks']
    })
  )
}

const ISSUER_URL_EXPECTED =
  'expected the URL of an issuer, without a query and without /.well-known/'

function discoverVerifierSchema(reader: SecretReader) {
  return refineJwkSet(
    section({
      discover: httpUrl
        .refine((text) => !/\?|\/\.well-known(?:\/|$)|[{}]/.test(text), {
          error: ISSUER_URL_EXPECTED
        })
        .describe(
          'URL of an issuer. Its metadata has the URL of the JWK Set (`jwks_uri`), and is at `/.well-known/openid-configuration` below the issuer, or where RFC 8414 puts it. The metadata has to name exactly this issuer.'
        ),
      issuer: issuerName
        .optional()
        .describe(
          `The \`iss\` of the tokens, and the issuer in the metadata, where it differs from the URL: \`discover: https://login.example.com/common/v2.0\` may be for many tenants. ${TENANT_IN_ISSUER} Default: the URL.`
        ),
      ...jwkSetShape(reader)
    }).refine(({ discover, allowHttp }) => isAllowed(discover, allowHttp === true), {
      error: PLAIN_HTTP,
      path: ['discover']
    })
  )
}

function jwkSetShape(reader: SecretReader) {
  return {
    tenants,
    algorithms: z
      .array(
        z
          .enum(PUBLIC_ALGORITHMS, `expected one of ${PUBLIC_ALGORITHMS.join(', ')}`)
          .meta({ title: `one of ${PUBLIC_ALGORITHMS.join(', ')}` })
          .transform(parseAlgorithm),
        'expected a list of algorithms'
      )
      .min(1, 'expected at least one algorithm')
      .describe(
        'The algorithms that keys of the set may have. A key without `alg` is one key for each of these algorithms that fits it.'
      ),
    ...remoteKeyShape(reader)
  }
}

type JwkSetSettings = z.output<z.ZodObject<ReturnType<typeof jwkSetShape>>> & {
  readonly issuer?: string | undefined
}

/** Adds the rules that both verifiers have to the schema of one. */
function refineJwkSet<Schema extends z.ZodType<JwkSetSettings>>(schema: Schema): Schema {
  return schema
    .refine(hasPlaceForTenants, NO_PLACE_FOR_TENANTS)
    .refine(staysWithin, { error: STALE_LIMIT_EXPECTED, path: ['staleLimit'] })
    .superRefine(({ tls }, context) => {
      // A mistake in the authorities is reported at their own setting.
      const message = reasonAgainst(() => createTlsOptions({ ...tls, ca: undefined }))
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: ['tls'] })
    })
}
