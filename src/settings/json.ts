/** Settings that are JSON data, or paths into JSON: names with dots between them; a number is an index of a list. */
import * as z from 'zod'
import { type JsonPath, parseJsonPath } from '../json/json-path.ts'
import { type JsonText, JsonTextError, parseJsonText } from '../json/json-text.ts'
import { MASK, MASK_FOUND } from './mask.ts'
import { reasonAgainst } from './section.ts'

/** Depth of a setting's JSON; its author is trusted, this only keeps mistakes small. */
const MAX_DEPTH = 64

/**
 * JSON text, unchanged where it was given as text. YAML data contains nothing that JSON lacks.
 * It may be confidential: `writeOnly` masks it where the configuration is shown.
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
      const message = tree === MASK ? MASK_FOUND : `expected ${expected}: ${error.message}`
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
  })

/** An unchanged YAML tree: its texts are JSON strings, whatever they hold. */
export const jsonValue = z
  .unknown()
  .meta({ title: 'any value' })
  .refine((value) => value !== undefined, { error: 'expected a value' })
  .transform((value) => JSON.stringify(value) as JsonText)

const PATH_TITLE = 'a path such as user.name'
const PATH_EXPECTED = `expected ${PATH_TITLE}; a backslash goes before a dot that belongs to a name`

export const jsonPath = pathSaying(PATH_EXPECTED).meta({ title: PATH_TITLE })

/** @param expected the error for text that is not a path */
export function pathSaying(expected: string) {
  return z.string(expected).transform((text, context) => readPath(text, context, expected))
}

/** A path that may end with a question mark: then its value may be missing. */
export const optionalPath = z
  .string(PATH_EXPECTED)
  .meta({ title: `${PATH_TITLE}, or user.name? where it may be missing` })
  .transform((text, context) => ({
    path: readPath(text.replace(/\?$/, ''), context, PATH_EXPECTED),
    isOptional: text.endsWith('?')
  }))

/** The same as written. */
export const optionalPathText = z
  .string(PATH_EXPECTED)
  .refine((text) => optionalPath.safeParse(text).success, { error: PATH_EXPECTED })
  .meta({ title: `${PATH_TITLE}, or user.name? where it may be missing` })

function readPath(text: string, context: z.RefinementCtx, expected: string): JsonPath {
  try {
    return parseJsonPath(text)
  } catch {
    context.addIssue({ code: 'custom', message: expected })
    return z.NEVER
  }
}

const CLAIM_TITLE = 'the path of a claim, such as groups or realm_access.roles'
const CLAIM_EXPECTED = `expected ${CLAIM_TITLE}`

/** Names with dots between them. */
export const claimPath = z
  .string(CLAIM_EXPECTED)
  .refine((text) => reasonAgainst(() => parseJsonPath(text)) === undefined, {
    error: CLAIM_EXPECTED
  })
  .meta({ title: CLAIM_TITLE })
