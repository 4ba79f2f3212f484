/** The settings of a verifier that uses the JWK Set of an issuer. */
import * as z from 'zod'
import { ALGORITHM_NAMES, isSymmetric, parseAlgorithm } from '../../keys/algorithms.ts'
import { remoteKeyShape, STALE_LIMIT_EXPECTED, staysWithin } from '../../keys/remote/settings.ts'
import { createTlsOptions } from '../../remote/tls-options.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { reasonAgainst, section } from '../../settings/section.ts'
import { httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'
import { issuerName } from './issuer-name.ts'

export type JwksVerifierConfig = z.output<ReturnType<typeof jwksVerifierSchema>>

/** Who verifies with a shared secret can sign with it, so none is taken from afar. */
const PUBLIC_ALGORITHMS = ALGORITHM_NAMES.filter((name) => !isSymmetric(parseAlgorithm(name)))

export function jwksVerifierSchema(reader: SecretReader) {
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
