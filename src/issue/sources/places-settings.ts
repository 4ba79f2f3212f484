/** The settings that say where in a request a text may stand. */
import * as z from 'zod'
import { headerName } from '../../settings/headers.ts'

const PARAMETER_EXPECTED = 'expected the name of a parameter'
const VARIABLE_EXPECTED = "expected the name of a variable in the route's path"

export const placesShape = {
  header: headerName
    .optional()
    .describe('The header that it stands in; wins over all other places. Default: none.'),
  parameter: z
    .string(PARAMETER_EXPECTED)
    .min(1, PARAMETER_EXPECTED)
    .optional()
    .describe(
      'The parameter that it stands in, of the query or of a form in the body. Default: none.'
    ),
  variable: z
    .string(VARIABLE_EXPECTED)
    .min(1, VARIABLE_EXPECTED)
    .optional()
    .describe("The variable of the route's path that it stands in. Default: none.")
}
