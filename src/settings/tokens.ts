/** Settings about tokens: which key signs them, their type, and how long they are valid. */
import * as z from 'zod'
import { isBearerTyp } from '../service-bearer-mark.ts'
import { jsonPath } from './json.ts'
import { wholeSeconds } from './quantities.ts'
import { section } from './section.ts'

/** The name of a key. */
export const kid = z.string('expected the kid of a key')

const KIDS = 'all, or a list of kids'
const KIDS_EXPECTED = `expected ${KIDS}`

/** Keys of the configuration: all of them, or some by name. */
export const kids = z
  .union([z.literal('all'), z.array(kid, KIDS_EXPECTED).min(1, KIDS_EXPECTED)], KIDS_EXPECTED)
  .meta({ title: KIDS })

/** The type in the header of tokens. */
export const tokenType = z
  .string('expected text')
  .min(1, 'expected text')
  .refine((typ) => !isBearerTyp(typ), {
    error: 'expected another type than that of service bearers'
  })

/** The type in the header of the tokens that a route issues. */
export const typ = tokenType
  .optional()
  .describe('The type (typ) in the header of the tokens. Default: that of the key.')

const LIFETIME = 'a duration from 1s to 36500d, or { body: path, max: duration }'

/** How long tokens are valid, in seconds once parsed. */
export const lifetime = z
  .union(
    [
      wholeSeconds('1s', '36500d'),
      section({
        body: jsonPath.describe(
          'Path in the JSON of the body, at which the client asks for a number of seconds; a body without it is rejected (400).'
        ),
        max: wholeSeconds('1s', '36500d').describe('The most that a client gets.')
      })
    ],
    `expected ${LIFETIME}`
  )
  .meta({ title: LIFETIME })

/** The longest lifetime of a route's tokens, in milliseconds; 0 where the route has no limit. */
export function longestLifetimeMs(setting: z.output<typeof lifetime> | undefined): number {
  return longestLifetimeSeconds(setting) * 1000
}

/** The same in seconds. */
export function longestLifetimeSeconds(setting: z.output<typeof lifetime> | undefined): number {
  return typeof setting === 'object' ? setting.max : (setting ?? 0)
}
