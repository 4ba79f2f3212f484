/** The JSON Schema of the configuration (draft-07), generated from the loader's own schemas. */
import * as z from 'zod'
import { createSecretReader } from '../settings/secrets.ts'
import { createFlatSchema } from './flat-form.ts'
import { createFullSchema } from './full-form.ts'

/** The part of JSON Schema that the loader's schemas use. */
export interface JsonSchema {
  $ref?: string
  title?: string
  /** Its value must not be shown. */
  writeOnly?: boolean
  description?: string
  default?: unknown
  type?: string
  const?: unknown
  enum?: unknown[]
  pattern?: string
  format?: string
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  required?: string[]
  items?: JsonSchema
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
}

/** Each form by itself, with settings as they are once `${NAME}` is replaced. */
export function createFormSchemas(): { flat: JsonSchema; full: JsonSchema } {
  const reader = createSecretReader({ folder: '.', env: {} })
  const convert = (schema: z.ZodType) => {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, {
      io: 'input',
      target: 'draft-7',
      override: nameAlternativesAlike
    })
    return rest as JsonSchema
  }
  return { flat: convert(createFlatSchema(reader)), full: convert(createFullSchema(reader)) }
}

/** Writes alternatives that one setting distinguishes like all other alternatives. */
function nameAlternativesAlike({
  zodSchema,
  jsonSchema
}: {
  zodSchema: z.core.$ZodType
  jsonSchema: z.core.JSONSchema.BaseSchema
}): void {
  if (zodSchema._zod.def.type !== 'union' || jsonSchema.oneOf === undefined) return
  jsonSchema.anyOf = jsonSchema.oneOf
  delete jsonSchema.oneOf
}

/** Both forms in one, for editors: it accepts files as written, with `${NAME}` in them. */
export function createFileSchema() {
  const { flat, full } = createFormSchemas()
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $id: 'config.schema.json',
    title: 'The configuration of txtoken',
    anyOf: [
      { title: 'The flat form', ...acceptReferences(flat) },
      { title: 'The full form', ...acceptReferences(full) }
    ],
    definitions: {
      reference: {
        description:
          'Text with ${NAME} or ${NAME:-default} in it, which is replaced by the environment variable.',
        type: 'string',
        pattern: '\\$\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\}'
      }
    }
  }
}

const REFERENCE = { $ref: '#/definitions/reference' }

function acceptReferences(schema: JsonSchema): JsonSchema {
  const { title, description, default: fallback, ...rest } = schema
  const notes = {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    // A section that is left out has the defaults of its settings; there is no text to offer for that.
    ...(fallback !== undefined && rest.properties === undefined && { default: fallback })
  }
  const { properties, items, anyOf } = rest
  if (properties !== undefined) {
    const settings = Object.entries(properties)
    const { additionalProperties: others } = rest
    return {
      ...notes,
      ...rest,
      properties: Object.fromEntries(settings.map(([key, one]) => [key, acceptReferences(one)])),
      ...(typeof others === 'object' && { additionalProperties: acceptReferences(others) })
    }
  }
  if (items !== undefined) return { ...notes, ...rest, items: acceptReferences(items) }
  if (anyOf !== undefined) {
    const branches = anyOf.map((branch) => (isScalar(branch) ? branch : acceptReferences(branch)))
    const accepts = anyOf.some(isFreeText) || !anyOf.some(isScalar)
    return { ...notes, ...rest, anyOf: accepts ? branches : [...branches, REFERENCE] }
  }
  return isScalar(rest) && !isFreeText(rest)
    ? { ...notes, anyOf: [rest, REFERENCE] }
    : { ...notes, ...rest }
}

function isScalar({ type }: JsonSchema): boolean {
  return ['string', 'integer', 'number', 'boolean'].includes(type ?? '')
}

/** Text without a pattern accepts a reference anyway. */
function isFreeText({ type, pattern, format, enum: choices, const: value }: JsonSchema): boolean {
  return type === 'string' && [pattern, format, choices, value].every((rule) => rule === undefined)
}
