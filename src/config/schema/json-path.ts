/** Settings that are paths into JSON: names with dots between them; a number is an index of a list. */
import * as z from 'zod'
import { type JsonPath, parseJsonPath } from '../../json/json-path.ts'

const TITLE = 'a path such as user.name'
const EXPECTED = `expected ${TITLE}; a backslash goes before a dot that belongs to a name`

export const jsonPath = z.string(EXPECTED).meta({ title: TITLE }).transform(readPath)

/** A path that may end with a question mark: then it may lead nowhere. */
export const optionalPath = z
  .string(EXPECTED)
  .meta({ title: `${TITLE}, or user.name? where it may be missing` })
  .transform((text, context) => ({
    path: readPath(text.replace(/\?$/, ''), context),
    isOptional: text.endsWith('?')
  }))

function readPath(text: string, context: z.RefinementCtx): JsonPath {
  try {
    return parseJsonPath(text)
  } catch {
    context.addIssue({ code: 'custom', message: EXPECTED })
    return z.NEVER
  }
}
