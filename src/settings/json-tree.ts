/** Settings that are JSON data. */
import * as z from 'zod'
import { type JsonText, JsonTextError, parseJsonText } from '../json/json-text.ts'

/** Depth of a setting's JSON; its author is trusted, this only keeps mistakes small. */
const MAX_DEPTH = 64

/**
 * JSON text, kept as it stands where it was given as text. What YAML gives has nothing in it that JSON has not.
 * It is for others than the public: `writeOnly` masks it where the configuration is shown.
 */
export const jsonTree = z
  .unknown()
  .meta({ title: 'JSON data: a YAML tree, or a string that holds JSON', writeOnly: true })
  .transform((tree, context) => {
    try {
      return parseJsonText(typeof tree === 'string' ? tree : JSON.stringify(tree), MAX_DEPTH)
    } catch (error) {
      if (!(error instanceof JsonTextError)) throw error
      const expected = typeof tree === 'string' ? 'a string that holds JSON' : 'JSON data'
      context.addIssue({ code: 'custom', message: `expected ${expected}: ${error.message}` })
      return z.NEVER
    }
  })

/** A YAML tree that stands for itself: its texts are JSON strings, whatever they hold. */
export const jsonValue = z
  .unknown()
  .meta({ title: 'any value' })
  .refine((value) => value !== undefined, { error: 'expected a value' })
  .transform((value) => JSON.stringify(value) as JsonText)
