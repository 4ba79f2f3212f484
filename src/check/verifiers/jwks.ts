/** The verifier `jwks`: the JWK Set of another issuer. */
import * as z from 'zod'
import { ALGORITHM_NAMES, isSymmetric, parseAlgorithm } from '../../keys/algorithms.ts'
import { remoteKeyShape, STALE_LIMIT_EXPECTED, staysWithin } from '../../keys/remote/settings.ts'
import { addressIn } from '../../remote/address.ts'
import { createTlsOptions } from '../../remote/tls-options.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { reasonAgainst, section } from '../../settings/section.ts'
import { httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'
import { createKeysFor, issuerName } from './issuer-keys.ts'
import { createKeysVerifier } from './keys-verifier.ts'
import type { VerifierKind } from './verifier-kind.ts'

export type JwksVerifierConfig = z.output<ReturnType<typeof jwksVerifierSchema>>

/** Who verifies with a shared secret can sign with it, so none is fetched from elsewhere. */
const PUBLIC_ALGORITHMS = ALGORITHM_NAMES.filter((name) => !isSymmetric(parseAlgorithm(name)))

export const jwksKind = {
  setting: 'jwks',
  settings: jwksVerifierSchema,
  create(config, { keyStore }) {
    const jwkSet = keyStore.jwkSets.get(config)
    if (jwkSet === undefined) throw new TypeError('expected the JWK Set of each verifier')
    const keysFor = createKeysFor({ issuer: config.issuer }, new Map())
    return createKeysVerifier({ keyStore: jwkSet, keysFor })
  },
  addresses: (config) => [addressIn(config, 'jwks', 'jwks')]
} satisfies VerifierKind<JwksVerifierConfig>

function jwksVerifierSchema(reader: SecretReader) {
  return section({
    jwks: httpUrl.describe('URL of the JWK Set that has the public keys of the issuer.'),
    issuer: issuerName.describe(
      'The `iss` of the tokens that these keys verify. They verify no others, and no other keys verify these.'
    ),
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
        'The algorithms that keys of the set may have. A key that names none gets the only one of these that it fits.'
      ),
    ...remoteKeyShape(reader)
  })
    .refine(({ jwks, allowHttp }) => isAllowed(jwks, allowHttp === true), {
      error: PLAIN_HTTP,
      path: ['jwks']
    })
    .refine(staysWithin, { error: STALE_LIMIT_EXPECTED, path: ['staleLimit'] })
    .superRefine(({ tls }, context) => {
      const message = reasonAgainst(() => createTlsOptions(tls))
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: ['tls'] })
    })
}
