/** A setting that calls a key by its name. */
import * as z from 'zod'

export const kid = z.string('expected the kid of a key')

const KIDS = 'all, or a list of kids'
const KIDS_EXPECTED = `expected ${KIDS}`

/** Keys of the configuration: all of them, or some by name. */
export const kids = z
  .union([z.literal('all'), z.array(kid, KIDS_EXPECTED).min(1, KIDS_EXPECTED)], KIDS_EXPECTED)
  .meta({ title: KIDS })
