/** A setting that is a path into JSON. */
import { z } from 'zod'
import { type JsonPath, parseJsonPath } from '../../json/json-path.ts'

const TITLE = 'a path such as user.name'
const EXPECTED = `expected ${TITLE}; a backslash goes before a dot that belongs to a name`

/** Names with dots between them; a number is an index of a list. */
export const jsonPath = z
  .string(EXPECTED)
  .meta({ title: TITLE })
  .transform((text, context): JsonPath => {
    try {
      return parseJsonPath(text)
    } catch {
      context.addIssue({ code: 'custom', message: EXPECTED })
      return z.NEVER
    }
  })
