/** Settings that are paths into JSON: names with dots between them; a number is an index of a list. */
import * as z from 'zod'
import { type JsonPath, parseJsonPath } from '../json/json-path.ts'

const TITLE = 'a path such as user.name'
const EXPECTED = `expected ${TITLE}; a backslash goes before a dot that belongs to a name`

export const jsonPath = pathSaying(EXPECTED).meta({ title: TITLE })

/** @param expected what to say of text that is no path */
export function pathSaying(expected: string) {
  return z.string(expected).transform((text, context) => readPath(text, context, expected))
}

/** A path that may end with a question mark: then it may lead nowhere. */
export const optionalPath = z
  .string(EXPECTED)
  .meta({ title: `${TITLE}, or user.name? where it may be missing` })
  .transform((text, context) => ({
    path: readPath(text.replace(/\?$/, ''), context, EXPECTED),
    isOptional: text.endsWith('?')
  }))

function readPath(text: string, context: z.RefinementCtx, expected: string): JsonPath {
  try {
    return parseJsonPath(text)
  } catch {
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  }
}
