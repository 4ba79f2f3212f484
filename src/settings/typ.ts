/** The type in the header of the tokens that a route issues. */
import * as z from 'zod'

export const typ = z
  .string('expected text')
  .min(1, 'expected text')
  .optional()
  .describe('The type (typ) in the header of the tokens. Default: that of the key.')
