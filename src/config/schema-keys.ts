/** The `keys` of the configuration. */
import { z } from 'zod'
import { ALGORITHMS } from '../keys/key.ts'
import { material, section } from './fields.ts'
import type { SecretReader } from './secrets.ts'

const LEAST_SECRET_BYTES = 32

export function keySchema(reader: SecretReader) {
  return section({
    kid: z
      .string('expected text')
      .min(1, 'expected text')
      .optional()
      .describe(
        'The name of the key (kid). It stands in the header of tokens. Default: none, and no kid header.'
      ),
    alg: z.enum(ALGORITHMS, `expected one of ${ALGORITHMS.join(', ')}`).describe('The algorithm.'),
    secret: material(reader)
      .refine((text) => Buffer.byteLength(text) >= LEAST_SECRET_BYTES, {
        error: `expected at least ${LEAST_SECRET_BYTES} bytes (RFC 7518, section 3.2)`
      })
      .describe('The shared secret.')
  })
}
