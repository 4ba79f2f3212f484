/** A setting that says how long tokens are valid. */
import * as z from 'zod'
import { duration, section } from './fields.ts'
import { jsonPath } from './json-path.ts'

const TITLE = 'a duration from 1s to 36500d, or { body: path, max: duration }'

export const lifetime = z
  .union(
    [
      duration('1s', '36500d'),
      section({
        body: jsonPath.describe(
          'Path in the JSON of the body, at which the client says how many seconds it wants; a body without it is refused (400).'
        ),
        max: duration('1s', '36500d').describe('The most that a client gets.')
      })
    ],
    `expected ${TITLE}`
  )
  .meta({ title: TITLE })

/** The longest that a token of a route can live, in milliseconds; 0 where the route sets no limit of its own. */
export function longestOf(setting: z.output<typeof lifetime> | undefined): number {
  return typeof setting === 'object' ? setting.max : (setting ?? 0)
}
