/** The verifiers that a token may be looked at by. */
import * as z from 'zod'
import type { SecretReader } from '../../settings/secrets.ts'
import { endpointVerifierSchema } from './endpoint-settings.ts'
import { jwksVerifierSchema } from './jwks-settings.ts'
import { keysVerifierSchema } from './keys-settings.ts'

export type VerifierConfig = z.output<ReturnType<typeof verifierSchema>>

export function verifierSchema(reader: SecretReader) {
  return z.union(
    [keysVerifierSchema, jwksVerifierSchema(reader), endpointVerifierSchema(reader)],
    'expected a verifier'
  )
}
