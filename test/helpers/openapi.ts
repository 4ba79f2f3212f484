/** Compares answers with an OpenAPI 3.1 document. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ExecutionContext } from 'ava'
import type { Answer } from './http.ts'

interface Described {
  readonly headers?: Readonly<Record<string, DescribedHeader>>
  readonly content?: Readonly<Record<string, { schema: object }>>
}

interface DescribedHeader {
  readonly $ref?: string
  readonly required?: boolean
  readonly schema?: object
}

interface Operation {
  readonly tags?: readonly string[]
  readonly security?: readonly object[]
  readonly parameters?: readonly { name: string; in: string; required: boolean }[]
  readonly responses: Readonly<Record<string, Described>>
}

export interface OpenApiDocument {
  readonly tags: readonly { readonly name: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: object
    readonly headers: Readonly<Record<string, DescribedHeader>>
    readonly securitySchemes: object
  }
}

/** Asserts that a document is OpenAPI 3.1, by the schema of OpenAPI. */
export async function assertDocument(t: ExecutionContext, document: object): Promise<void> {
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
  t.true(valid, JSON.stringify(errors))
}

/** Header fields of HTTP itself: every answer has them, and its media type is described by `content`. */
const OF_HTTP = /^(?:connection|content-length|content-type|date|keep-alive|transfer-encoding)$/

/** Asserts that a document describes an answer for a path and a method, with exactly its header fields. */
export type AssertDescribed = (path: string, method: string, answer: Answer) => void

export function createAssertDescribed(
  t: ExecutionContext,
  document: OpenApiDocument
): AssertDescribed {
  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, 'document')

  function assertHeaders(
    name: string,
    headers: Answer['headers'],
    described: NonNullable<Described['headers']>
  ): void {
    const fields = new Map(
      Object.entries(described).map(([field, header]) => [
        field.toLowerCase(),
        document.components.headers[header.$ref?.split('/').at(-1) ?? ''] ?? header
      ])
    )
    for (const [field, { required }] of fields) {
      if (required === true) t.true(field in headers, `${name} without ${field}`)
    }
    for (const [field, value] of Object.entries(headers)) {
      if (OF_HTTP.test(field)) continue
      const { schema } = fields.get(field) ?? {}
      if (schema === undefined) t.fail(`${name} has ${field}, which is not described`)
      else t.true(ajv.validate(schema, String(value)), `${name}: ${field} is ${value}`)
    }
  }

  return function assertDescribed(path, method, { status, headers, text }) {
    const name = `${method} ${path} ${status}`
    const { responses = {} } = document.paths[path]?.[method] ?? {}
    const range = `${String(status)[0]}XX`
    const described = responses[status] ?? responses[range]
    t.truthy(described, `${name} is not described`)
    assertHeaders(name, headers, described?.headers ?? {})
    if (described?.content === undefined) {
      t.is(text, '', name)
      return
    }
    const [type = ''] = (headers['content-type'] ?? '').split(';')
    t.true(type in described.content, `${name} is ${type}`)
    if (type !== 'application/json') return
    const named = status in responses ? String(status) : range
    const place = ['paths', path, method, 'responses', named, 'content', type, 'schema']
    const pointer = place.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
    const isValid = ajv.getSchema(`document#/${encodeURI(pointer)}`)
    t.true(isValid?.(JSON.parse(text)), `${name}: ${JSON.stringify(isValid?.errors)}`)
  }
}
