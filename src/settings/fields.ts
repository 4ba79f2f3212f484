/** The kinds of values that settings have. Each has words for itself: messages say them, and so does the reference, as `title`. */
import * as z from 'zod'
import { nearest } from './nearest.ts'
import { variablesIn } from './path-variables.ts'
import { SecretError, type SecretReader } from './secrets.ts'
import { DURATION, parseDuration, parseSize, SIZE } from './units.ts'

/**
 * An object that knows no other keys than these.
 * @param misplaced what to say of keys that others know
 */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
  misplaced: Readonly<Record<string, string>> = {}
) {
  const known = Object.keys(shape)
  const answers = new Map(Object.entries(misplaced))
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return 'expected a map of settings'
      // One line for each key, in the order of `issue.keys`: that is how describeIssues tells them apart.
      return issue.keys.map((key) => answers.get(key) ?? unknownKey(key, known)).join('\n')
    }
  })
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known)
  return meant === undefined
    ? `unknown key, expected one of ${known.join(', ')}`
    : `unknown key, did you mean ${meant}?`
}

/** A whole number, also as text: that is what `${PORT}` gives. */
export function integer(least: number, most: number) {
  const title = `a whole number from ${least} to ${most}`
  const expected = `expected ${title}`
  const number = z.int(expected).meta({ minimum: least, maximum: most })
  return z
    .union([number, z.string().regex(/^\d+$/, expected).transform(Number)], {
      error: expected
    })
    .refine((value) => value >= least && value <= most, { error: expected })
    .meta({ title })
}

/** A switch, also as text. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], {
    error: 'expected true or false'
  })
  .meta({ title: 'true or false' })

/** A duration, in milliseconds once parsed. */
export function duration(least: string, most: string) {
  const title = `a duration from ${least} to ${most}`
  const expected = `expected ${title}, such as 500ms, 5s, 15m or 1.5h`
  return z
    .string(expected)
    .regex(DURATION, expected)
    .meta({ title })
    .transform((text) => (DURATION.test(text) ? parseDuration(text) : 0))
    .refine((value) => value >= parseDuration(least) && value <= parseDuration(most), {
      error: expected
    })
}

/** A duration before or after something, in milliseconds once parsed; before it with a minus sign. */
export function offset(most: string) {
  const title = `a duration up to ${most}, before it with a minus sign`
  const expected = `expected ${title}, such as -15s or 1m`
  const isOffset = (text: string) => DURATION.test(text.replace(/^-/, ''))
  return z
    .string(expected)
    .refine(isOffset, { error: expected })
    .meta({ title })
    .transform((text) => {
      if (!isOffset(text)) return 0
      return text.startsWith('-') ? -parseDuration(text.slice(1)) : parseDuration(text)
    })
    .refine((value) => Math.abs(value) <= parseDuration(most), { error: expected })
}

/** A size, in bytes once parsed. */
export function size(least: string, most: string) {
  const title = `a size from ${least} to ${most}`
  const expected = `expected ${title}, such as 512B, 16KiB or 1MiB`
  return z
    .string(expected)
    .regex(SIZE, expected)
    .meta({ title })
    .transform((text) => (SIZE.test(text) ? parseSize(text) : 0))
    .refine((value) => value >= parseSize(least) && value <= parseSize(most), { error: expected })
}

/** A literal path: routes are compared letter by letter, so there are no patterns in them. */
export const routePath = z
  .string('expected a path such as /getToken')
  .regex(
    /^\/[A-Za-z0-9._~/-]*$/,
    'expected a path that starts with a slash and has letters, digits and . _ ~ - only'
  )
  .meta({ title: 'a path such as /getToken' })

const PATTERN_EXPECTED =
  'expected a path that starts with a slash and has letters, digits and . _ ~ - only, or whole segments such as {name}'

/** A path whose segments may be variables. */
export const routePattern = z
  .string('expected a path such as /getToken')
  .regex(/^(?=\/)(?:\/(?:[A-Za-z0-9._~-]*|\{[A-Za-z_]\w*\}))*$/, PATTERN_EXPECTED)
  .refine((path) => new Set(variablesIn(path)).size === variablesIn(path).length, {
    error: 'expected each path variable once'
  })
  .meta({ title: 'a path such as /getToken or /issue/{mac}' })

/** The address of an HTTP service. */
export const httpUrl = z
  .string('expected an http:// or https:// URL')
  .meta({ title: 'an http:// or https:// URL' })
  .superRefine((text, context) => {
    const fault = urlFault(text)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
  })

function urlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return 'expected an http:// or https:// URL'
  }
  if (url.username !== '' || url.password !== '') {
    return 'expected a URL without a user name and password'
  }
  if (url.hash !== '') return 'expected a URL without a fragment (#)'
  return undefined
}

const MATERIAL = 'text in quotes, { file: path } or { env: NAME }'
const MATERIAL_EXPECTED = `expected ${MATERIAL}`

/** Where a text stands. One section, not a union of two, so that a misspelt key is told as just that. */
const reference = section({
  file: z
    .string('expected the path of a file')
    .min(1, 'expected the path of a file')
    .optional()
    .describe('Path of a file that holds the text, from the folder of the configuration on.'),
  env: z
    .string('expected the name of an environment variable')
    .min(1, 'expected the name of an environment variable')
    .optional()
    .describe('Name of an environment variable that holds the text.')
})
  .refine((value) => Object.keys(value).length === 1, { error: MATERIAL_EXPECTED })
  .meta({ minProperties: 1, maxProperties: 1 })

/** Text that may stand in the file itself, in another file, or in the environment. `writeOnly` masks it where it is shown. */
export function material(reader: SecretReader) {
  return z
    .union([z.string(), reference], { error: MATERIAL_EXPECTED })
    .meta({ title: MATERIAL, writeOnly: true })
    .transform((value, context) => {
      if (typeof value === 'string') return value
      try {
        return reader.read(value)
      } catch (error) {
        if (!(error instanceof SecretError)) throw error
        context.addIssue({ code: 'custom', message: error.message })
        return z.NEVER
      }
    })
}

/** A map of header fields, each once: their names have no case (RFC 9110, section 5.1). */
export function headerMap<Name extends z.core.$ZodRecordKey, Value extends z.ZodType>(
  name: Name,
  value: Value
) {
  return z.record(name, value, 'expected a map of header fields').refine(
    (fields) => {
      const names = Object.keys(fields).map((field) => field.toLowerCase())
      return new Set(names).size === names.length
    },
    { error: 'expected each header field once' }
  )
}
