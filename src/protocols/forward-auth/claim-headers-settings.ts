/** The setting that names the claims that become headers. */
import * as z from 'zod'
import { headerMap, OWN_HEADER_FIELDS } from '../../settings/headers.ts'
import { claimPath } from '../../settings/json.ts'

const NAME_EXPECTED = 'expected the name of a header, such as X-Auth-User'

/** RFC 9110, section 5.6.2; without the underscore, which some servers take for a hyphen. */
const headerName = z
  .string(NAME_EXPECTED)
  .regex(/^[!#$%&'*+.^`|~0-9A-Za-z-]+$/, NAME_EXPECTED)
  .refine((name) => !OWN_HEADER_FIELDS.has(name.toLowerCase()), {
    error: 'the answer has this header for itself, expected another name'
  })

export const claimHeaders = headerMap(headerName, claimPath)
  .meta({ title: 'a map of headers and the paths of claims' })
  .optional()
  .describe(
    'With `forward-auth`: headers of the 200, and the claims that they carry, percent-encoded; of lists, with commas between the items. A header whose claim is not there is empty. Default: none.'
  )
