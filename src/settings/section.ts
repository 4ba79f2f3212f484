/** Maps of settings that reject unknown keys, and helpers for them. */
import * as z from 'zod'
import { nearest } from './nearest.ts'

/**
 * An object that rejects other keys than these.
 * @param misplaced messages for keys that belong elsewhere
 * @param describePlace the same for any other unknown key; undefined where it belongs nowhere
 */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
  misplaced: Readonly<Record<string, string>> = {},
  describePlace: (key: string) => string | undefined = () => undefined
) {
  const known = Object.keys(shape)
  const answers = new Map(Object.entries(misplaced))
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return 'expected a map of settings'
      // One line for each key, in the order of `issue.keys`: describeIssues splits them again.
      return issue.keys
        .map((key) => {
          // A slip of one letter is more likely than a key that is in the wrong place.
          const isSlip = nearest(key, known, 1) !== undefined
          const place = isSlip ? undefined : describePlace(key)
          return answers.get(key) ?? place ?? unknownKey(key, known)
        })
        .join('\n')
    }
  })
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  return meant === undefined
    ? `unknown key, expected one of ${known.join(', ')}`
    : `unknown key, did you mean ${meant}?`
}

/** The message of the TypeError that using a setting throws; undefined where it throws none. */
export function reasonAgainst(use: () => unknown): string | undefined {
  try {
    use()
    return undefined
  } catch (error) {
    if (error instanceof TypeError) return error.message
    throw error
  }
}
