/** The verifier `keys`: keys of the configuration. */
import type * as z from 'zod'
import { section } from '../../settings/section.ts'
import { kids } from '../../settings/tokens.ts'
import {
  createKeysFor,
  hasPlaceForTenants,
  issuerName,
  NO_PLACE_FOR_TENANTS,
  TENANT_IN_ISSUER,
  tenants
} from './issuer-keys.ts'
import { createKeysVerifier } from './keys-verifier.ts'
import type { VerifierKind } from './verifier-kind.ts'

const keysVerifierSchema = section({
  keys: kids.describe('The keys that may verify a token: `all`, or a list of their kids.'),
  issuer: issuerName
    .optional()
    .describe(
      `The \`iss\` of the tokens that the verifier checks. If \`keys\` is a list, its keys then verify only tokens of this issuer, on every route. ${TENANT_IN_ISSUER} Default: it checks all tokens, except those of issuers that other verifiers have keys for.`
    ),
  tenants
}).refine(hasPlaceForTenants, NO_PLACE_FOR_TENANTS)

export const keysKind = {
  setting: 'keys',
  settings: () => keysVerifierSchema,
  create: (config, { keyStore, issuerKeys }) =>
    createKeysVerifier({ keyStore, keysFor: createKeysFor(config, issuerKeys) }),
  addresses: () => []
} satisfies VerifierKind<z.output<typeof keysVerifierSchema>>
