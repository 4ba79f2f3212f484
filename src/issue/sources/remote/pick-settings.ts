/** The setting that says which claims are picked out of a reply. */
import { optionalPath } from '../../../settings/json.ts'
import { claimMap } from '../claim-name.ts'

export const pick = claimMap(optionalPath, 'a map of claims and their paths in the reply')
  .optional()
  .describe(
    'Claims that are picked out of the reply, by their paths. A reply without one is refused, unless the path ends with `?`. `sub`, `iss` and `aud` have to be text; a number becomes text. Default: the whole reply is taken.'
  )
