/** The verifiers that a token may be looked at by. */
import * as z from 'zod'
import type { SecretReader } from '../../secrets.ts'
import { endpointVerifierSchema } from './endpoint.ts'
import { jwksVerifierSchema } from './jwks.ts'
import { keysVerifierSchema } from './keys.ts'

export type VerifierConfig = z.output<ReturnType<typeof verifierSchema>>

export function verifierSchema(reader: SecretReader) {
  return z.union(
    [keysVerifierSchema, jwksVerifierSchema(reader), endpointVerifierSchema(reader)],
    'expected a verifier'
  )
}
