/** The body sent to a remote: the client's unchanged JSON, or fields of it and others, as JSON or as a form. */
import * as z from 'zod'
import { readObject, writeObject } from '../../../json/json-members.ts'
import { formatJsonPath, type JsonPath, parseJsonPath, textsAt } from '../../../json/json-path.ts'
import { type JsonText, toJsonText } from '../../../json/json-text.ts'
import { jsonValue, optionalPath } from '../../../settings/json.ts'
import { oncePerReader, sharedSecret } from '../../../settings/secrets.ts'
import { reasonAgainst, section } from '../../../settings/section.ts'
import { invalidClaim } from '../../claims.ts'
import type { IssueRequest } from '../../issue.ts'

/** The media type of a form. */
export const FORM_TYPE = 'application/x-www-form-urlencoded'

const NAME_EXPECTED =
  'expected the name of a field; a backslash goes before a dot that belongs to it'
const FIELD = 'a path in the JSON of the client, { value: ... } or { secret: ... }'
const FIELD_EXPECTED = `expected ${FIELD}`

const field = oncePerReader(function field(reader) {
  const constant = section({
    value: jsonValue.optional().describe('The value of the field, in each call. Default: none.'),
    secret: sharedSecret(reader)
      .optional()
      .describe('The same for text that nobody is shown. Default: none.')
  }).refine(({ value, secret }) => (value === undefined) !== (secret === undefined), {
    error: 'expected value or secret'
  })
  return z.union([optionalPath, constant], FIELD_EXPECTED).meta({ title: FIELD })
})

/** The setting `body`. */
export const sentFields = oncePerReader(function sentFields(reader) {
  return z
    .record(
      z
        .string(NAME_EXPECTED)
        .refine((text) => reasonAgainst(() => parseJsonPath(text)) === undefined, {
          error: NAME_EXPECTED
        }),
      field(reader),
      'expected a map of names of fields and where they come from'
    )
    .meta({ title: `a map of names of fields, and for each ${FIELD}` })
    .superRefine((fields, context) => {
      const paths = Object.keys(fields).map(parseJsonPath)
      for (const path of paths) {
        const isInside = paths.some((other) => other !== path && isWithin(path, other))
        if (!isInside) continue
        const message = 'expected a field that is not inside of another one here'
        context.addIssue({ code: 'custom', path: [formatJsonPath(path)], message })
      }
      if (paths.length === 0) {
        context.addIssue({ code: 'custom', message: 'expected at least one field' })
      }
    })
    .optional()
    .describe(
      'The names of the fields that are sent in place of the body of the client, each with a path in its JSON or with a fixed value. A request without one is rejected (400), unless the path ends with `?`. In JSON a dot in a name makes an object: `user.email`; without any of its fields it is left out. Default: the body of the client is sent.'
    )
})

function isWithin(path: JsonPath, outer: JsonPath): boolean {
  return outer.every((name, index) => path[index] === name)
}

export type SentFields = NonNullable<z.output<ReturnType<typeof sentFields>>>

/** Whether any of the fields is taken from the client's JSON. */
export function takesFromClient(fields: SentFields): boolean {
  return Object.values(fields).some((one) => 'path' in one)
}

/** Puts the body of a call together. Throws a ServiceError `invalid_request` for a request that lacks a field. */
export type WriteBody = (request: IssueRequest) => Uint8Array

/** @param fields left out, the client's JSON is sent byte for byte */
export function createWriteJson(fields: SentFields | undefined): WriteBody {
  if (fields === undefined) return ({ body }) => body
  const readFields = createReadFields(fields)
  const tree = createTree(Object.keys(fields))
  return (request) => Buffer.from(writeTree(tree, readFields(request)))
}

/** @param fields left out, the members of the client's JSON are the fields */
export function createWriteForm(fields: SentFields | undefined): WriteBody {
  if (fields === undefined) return (request) => writeForm(membersOf(request))
  // A form has no null, so one is a missing field.
  const readFields = createReadFields(fields, (text) => text === undefined || text === NULL)
  const names = Object.keys(fields).map((name) => parseJsonPath(name).join('.'))
  return function writeFields(request) {
    const texts = readFields(request)
    return writeForm(names.map((name, index) => [name, texts[index]]))
  }
}

/** Returns the text of each field in order; undefined for a missing optional one. */
type ReadFields = (request: IssueRequest) => readonly (JsonText | undefined)[]

const EMPTY_OBJECT = toJsonText({})
const NULL = 'null'

function createReadFields(
  fields: SentFields,
  isMissing: (text: JsonText | undefined) => boolean = (text) => text === undefined
): ReadFields {
  const readers = Object.entries(fields).map(([name, one]) => ({ name, ...one }))
  const paths = readers.map((one) => ('path' in one ? one.path : []))
  const given = readers.map((one) =>
    'path' in one ? undefined : (one.value ?? toJsonText(one.secret ?? ''))
  )
  const missing = readers.map((one) =>
    'path' in one && !one.isOptional
      ? `${one.name} is missing, expected it in ${formatJsonPath(one.path)} of the body`
      : undefined
  )
  const takesAny = takesFromClient(fields)

  return function readFields(request) {
    const found = takesAny ? textsAt(request.json() ?? EMPTY_OBJECT, paths) : []
    return given.map((constant, index) => {
      const text = constant ?? found[index]
      const message = isMissing(text) ? missing[index] : undefined
      if (message !== undefined) throw invalidClaim(message)
      return text
    })
  }
}

/** The names of an object: for each the index of its field, or the names inside of it. */
type Tree = Map<string, Tree | number>

function createTree(names: readonly string[]): Tree {
  const tree: Tree = new Map()
  for (const [index, name] of names.entries()) {
    const path = parseJsonPath(name)
    let at = tree
    for (const outer of path.slice(0, -1)) {
      const inner = at.get(outer) ?? new Map()
      at.set(outer, inner)
      // No field is inside of another one, so this is no index.
      at = inner as Tree
    }
    at.set(path.at(-1) ?? '', index)
  }
  return tree
}

/** Objects whose fields are all missing are left out. */
function writeTree(tree: Tree, texts: readonly (JsonText | undefined)[]): JsonText {
  const members = new Map<string, JsonText>()
  for (const [name, inner] of tree) {
    const isField = typeof inner === 'number'
    const text = isField ? texts[inner] : writeTree(inner, texts)
    if (text !== undefined && (isField || text !== EMPTY_OBJECT)) members.set(name, text)
  }
  return writeObject(members)
}

/** More fields than any login has. */
const MOST_FIELDS = 1000

function membersOf(request: IssueRequest): Iterable<[string, JsonText]> {
  const json = request.json() ?? EMPTY_OBJECT
  if (!json.startsWith('{')) throw invalidClaim('body is not an object')
  const members = readObject(json, MOST_FIELDS)
  if (members.size > MOST_FIELDS) throw invalidClaim(`body has more than ${MOST_FIELDS} members`)
  return members
}

/** Lone surrogates, which a form cannot hold. */
const NO_TEXT = /\p{Surrogate}/u

/** `application/x-www-form-urlencoded` (URL Standard, section 5). Null values are left out, since a form has no null. */
function writeForm(fields: Iterable<readonly [string, JsonText | undefined]>): Uint8Array {
  const form = new URLSearchParams()
  for (const [name, text] of fields) {
    if (text === undefined || text === NULL) continue
    if (text.startsWith('{') || text.startsWith('[')) throw unfit()
    const value: string = text.startsWith('"') ? JSON.parse(text) : text
    if (NO_TEXT.test(name) || NO_TEXT.test(value)) throw unfit()
    form.append(name, value)
  }
  return Buffer.from(form.toString())
}

function unfit() {
  return invalidClaim('a field cannot be part of a form, expected text, a number, true or false')
}
