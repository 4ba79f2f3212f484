/** The settings of a source that takes a claim from the request. */
import * as z from 'zod'
import { jsonPath, jsonValue } from '../../../settings/json.ts'
import { flag } from '../../../settings/quantities.ts'
import { section } from '../../../settings/section.ts'
import { foreignClaimName } from '../claim-name.ts'
import { placesShape } from '../places-settings.ts'
import { CLAIM_TYPES } from './claim-types.ts'

/** Where a claim may stand. An entry has at least one of these. */
const PLACES = ['header', 'parameter', 'variable', 'body'] as const

export const requestSourceSchema = section({
  from: z.literal('request', 'expected request').describe('A claim from the request itself.'),
  claim: foreignClaimName.describe('The name of the claim.'),
  ...placesShape,
  body: jsonPath
    .optional()
    .describe(
      'Path in the JSON of the body, where it stands if it is in no other place. Its digits are kept. Default: none.'
    ),
  default: jsonValue
    .optional()
    .describe(
      'The value in a request that has none, taken as it is. Default: none, the claim is left out.'
    ),
  required: flag
    .default(false)
    .describe('Whether a request without it is refused (400). Default: false.'),
  type: z
    .enum(CLAIM_TYPES, `expected ${CLAIM_TYPES.join(', ')}`)
    .default('string')
    .describe(
      'What it has to be, else the request is refused (400). In a header, a parameter or a path variable `list` is a comma list, and `json` any JSON text. Default: string.'
    ),
  take: z
    .literal('first-of-list', 'expected first-of-list')
    .optional()
    .describe(
      '`first-of-list` takes the first item of a comma list that is neither blank nor `*`; a list without one is refused (400). Default: all of it is taken.'
    )
})
  .refine((entry) => PLACES.some((place) => entry[place] !== undefined), {
    error: `expected at least one of ${PLACES.join(', ')}`
  })
  .refine(({ required, default: fallback }) => !required || fallback === undefined, {
    error: 'expected no default, since it is required',
    path: ['default']
  })
  .refine(({ take, type }) => take === undefined || type === 'string', {
    error: 'only goes with the type string',
    path: ['take']
  })
