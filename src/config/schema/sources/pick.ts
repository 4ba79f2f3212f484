/** The setting that says which claims are picked out of a reply. */
import { z } from 'zod'
import { jsonPath } from '../json-path.ts'
import { claimMap } from './claim-name.ts'

/** A path that may end with a question mark: then it may lead nowhere. */
export const optionalPath = z
  .string('expected a path such as user.name')
  .meta({ title: 'a path such as user.name, or user.name? where it may be missing' })
  .transform((text) => ({ path: text.replace(/\?$/, ''), isOptional: text.endsWith('?') }))
  .pipe(z.object({ path: jsonPath, isOptional: z.boolean() }))

export const pick = claimMap(optionalPath, 'a map of claims and their paths in the reply')
  .optional()
  .describe(
    'Claims that are picked out of the reply, by their paths. A reply without one is refused, unless the path ends with `?`. `sub`, `iss` and `aud` have to be text; a number becomes text. Default: the whole reply is taken.'
  )
