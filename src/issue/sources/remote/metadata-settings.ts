/** The settings of the metadata that a remote is sent. */
import * as z from 'zod'
import { jsonValue } from '../../../settings/json.ts'
import { section } from '../../../settings/section.ts'
import { placesShape } from '../places-settings.ts'

const NAME_EXPECTED = 'expected a name'

const metadataEntry = section({
  name: z
    .string(NAME_EXPECTED)
    .min(1, NAME_EXPECTED)
    .describe('The name of the value: in the JSON that is sent, and as `{name}` in the URL.'),
  ...placesShape,
  value: jsonValue
    .optional()
    .describe('The value itself, where no place of the request has it. Default: none.')
}).refine(
  ({ header, parameter, variable, value }) =>
    (value === undefined) !== [header, parameter, variable].every((place) => place === undefined),
  { error: 'expected at least one of header, parameter, variable, or else value' }
)

export const metadata = z
  .array(metadataEntry, 'expected a list of metadata')
  .min(1, 'expected at least one entry')
  .refine((entries) => new Set(entries.map(({ name }) => name)).size === entries.length, {
    error: 'expected each name once'
  })
  .optional()
  .describe(
    'What the remote is told about a request; what a request does not have is left out. Default: none.'
  )
