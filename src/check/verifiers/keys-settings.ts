/** The settings of a verifier that uses keys of the configuration. */
import { section } from '../../settings/section.ts'
import { kids } from '../../settings/tokens.ts'
import { issuerName } from './issuer-name.ts'

export const keysVerifierSchema = section({
  keys: kids.describe('The keys that may verify a token: `all`, or a list of their kids.'),
  issuer: issuerName
    .optional()
    .describe(
      'The `iss` of the tokens that the verifier judges. Keys of a list are then for this issuer alone, on every route. Default: it judges all tokens but those of issuers that other verifiers have keys for.'
    )
})
