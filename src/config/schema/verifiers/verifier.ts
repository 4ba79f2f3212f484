/** The verifiers that a token may be looked at by. */
import { z } from 'zod'
import { keysVerifierSchema } from './keys.ts'

export type VerifierConfig = z.output<typeof verifierSchema>

export const verifierSchema = z.union([keysVerifierSchema], 'expected a verifier')
