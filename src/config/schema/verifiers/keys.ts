/** The settings of a verifier that uses keys of the configuration. */
import { section } from '../fields.ts'
import { kids } from '../routes/kid.ts'

export const keysVerifierSchema = section({
  keys: kids.describe('The keys that may verify a token: `all`, or a list of their kids.')
})
