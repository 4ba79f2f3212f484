/** The body of a request for tokens, with an example that works with the demo login API, or has the fields that the configuration names. */
import { type AttemptsConfig, bodyPathsOf } from '../../issue/attempts.ts'
import { type AnySourceConfig, inputsOf, sendsBody } from '../../issue/sources/registry.ts'
import type { JsonPath } from '../../json/json-path.ts'
import { form, json, type Operation, type Schema } from './parts.ts'

const FORM_FIELDS: Schema = { type: 'object', additionalProperties: { type: 'string' } }

/** The first user of the demo login API. */
const ACCOUNT = 'ada@example.com'
const PASSWORD = '12345'
const PASSWORD_NAME = /pass|pwd|secret|code|pin$/i

export interface ClientBodyOptions {
  readonly attempts?: AttemptsConfig | undefined
  /** Whether it may be left out even if a source forwards it. Default: it may not. */
  readonly mayBeEmpty?: boolean | undefined
}

/** If a source forwards it, it is JSON or a form, each of whose fields may be given once. Otherwise it may be anything. */
export function clientBody(
  sources: readonly AnySourceConfig[],
  { attempts, mayBeEmpty = false }: ClientBodyOptions = {}
): Pick<Operation, 'requestBody'> {
  const example = createExample(sources, attempts)
  if (!sendsBody(sources)) return { requestBody: { content: json({}, example) } }
  const isFlat = Object.values(example ?? {}).every((value) => typeof value === 'string')
  return {
    requestBody: {
      ...(!mayBeEmpty && { required: true }),
      content: { ...json({}, example), ...form(FORM_FIELDS, isFlat ? example : undefined) }
    }
  }
}

interface Field {
  readonly path: JsonPath
  readonly value: unknown
}

/** @returns undefined where nothing is known of the body */
function createExample(
  sources: readonly AnySourceConfig[],
  attempts: AttemptsConfig | undefined
): object | undefined {
  const counted = attempts === undefined ? [] : bodyPathsOf(attempts)
  const inputs = sources.flatMap(inputsOf)
  const inBody = inputs.flatMap(({ body, sample }) => (body === undefined ? [] : { body, sample }))
  const sent = inBody.filter(({ sample }) => sample === undefined).map(({ body }) => body)
  const named = [...counted, ...sent].map(toField)
  const claims = inBody.map(({ body, sample }) => ({ path: body, value: sample }))
  const isSentWhole = inputs.some(({ wholeBody }) => wholeBody === true)
  const fields = [...(isSentWhole ? withCredentials(named) : named), ...claims]
  return fields.length === 0 ? undefined : writeFields(fields)
}

function toField(path: JsonPath): Field {
  return { path, value: PASSWORD_NAME.test(path.at(-1) ?? '') ? PASSWORD : ACCOUNT }
}

/** Adds a name and a password, unless there are such fields. */
function withCredentials(fields: readonly Field[]): readonly Field[] {
  const has = (value: string) => fields.some((field) => field.value === value)
  return [
    ...(has(ACCOUNT) ? [] : [toField(['email'])]),
    ...fields,
    ...(has(PASSWORD) ? [] : [toField(['password'])])
  ]
}

/** Of the same path, the first one counts. A field that is inside of another one is left out. */
function writeFields(fields: readonly Field[]): object {
  const root = new Map<string, unknown>()
  for (const { path, value } of fields) {
    let at: unknown = root
    for (const name of path.slice(0, -1)) {
      if (at instanceof Map && !at.has(name)) at.set(name, new Map())
      at = at instanceof Map ? at.get(name) : undefined
    }
    const name = path.at(-1) ?? ''
    if (at instanceof Map && !at.has(name)) at.set(name, value)
  }
  return toObject(root)
}

function toObject(fields: ReadonlyMap<string, unknown>): object {
  return Object.fromEntries(
    [...fields].map(([name, value]) => [name, value instanceof Map ? toObject(value) : value])
  )
}
