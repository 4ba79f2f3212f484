/** A setting that is JSON data: a YAML tree, or a string that holds JSON. */
import { z } from 'zod'
import { JsonTextError, parseJsonText, toJsonText } from '../json/json-text.ts'

/** Depth of a setting's JSON; its author is trusted, this only keeps mistakes small. */
const MAX_DEPTH = 64

/** JSON text, kept as it stands where it was given as text. */
export const jsonTree = z
  .json('expected JSON data: a YAML tree, or a string that holds JSON')
  .transform((tree, context) => {
    if (typeof tree !== 'string') return toJsonText(tree)
    try {
      return parseJsonText(tree, MAX_DEPTH)
    } catch (error) {
      if (!(error instanceof JsonTextError)) throw error
      context.addIssue({
        code: 'custom',
        message: `expected a string that holds JSON: ${error.message}`
      })
      return z.NEVER
    }
  })
