/** Holds answers against an OpenAPI 3.1 document. */
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { ExecutionContext } from 'ava'
import type { Answer } from './http.ts'

interface Described {
  readonly headers?: object
  readonly content?: Readonly<Record<string, { schema: object }>>
}

interface Operation {
  readonly security?: readonly object[]
  readonly parameters?: readonly { name: string; in: string; required: boolean }[]
  readonly responses: Readonly<Record<string, Described>>
}

export interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: object; readonly securitySchemes: object }
}

/** Asserts that a document is OpenAPI 3.1, as the schema of OpenAPI has it. */
export async function assertDocument(t: ExecutionContext, document: object): Promise<void> {
  const { valid, errors } = await new Validator().validate(structuredClone(document) as never)
  t.true(valid, JSON.stringify(errors))
}

/** Asserts that an answer is one of those that a document has for a path and a method. */
export type AssertDescribed = (path: string, method: string, answer: Answer) => void

export function createAssertDescribed(
  t: ExecutionContext,
  document: OpenApiDocument
): AssertDescribed {
  const ajv = new Ajv2020({ strict: false, validateFormats: false }).addSchema(document, 'document')
  return function assertDescribed(path, method, { status, headers, text }) {
    const name = `${method} ${path} ${status}`
    const { responses = {} } = document.paths[path]?.[method] ?? {}
    const range = `${String(status)[0]}XX`
    const described = responses[status] ?? responses[range]
    t.truthy(described, `${name} is not described`)
    for (const header of Object.keys(described?.headers ?? {})) {
      // A challenge and a time to try again come with some of the refusals only.
      if (status < 400) t.true(header.toLowerCase() in headers, `${name} without ${header}`)
    }
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
    const isValid = ajv.validate({ $ref: `document#/${encodeURI(pointer)}` }, JSON.parse(text))
    t.true(isValid, `${name}: ${ajv.errorsText()}`)
  }
}
