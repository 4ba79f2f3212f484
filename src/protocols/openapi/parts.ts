/** The parts of an OpenAPI 3.1 document that the descriptions of routes are made of. */

/** A JSON Schema (2020-12), or a reference to one. */
export type Schema = Readonly<Record<string, unknown>>

export interface Answer {
  readonly description: string
  readonly headers?: Headers
  readonly content?: Content
}

/** Header fields by their names. */
export type Headers = Readonly<Record<string, Schema>>

/** Schemas by their media types, each with an example that pages such as `/docs` begin with. */
export type Content = Readonly<
  Record<string, { readonly schema: Schema; readonly example?: unknown }>
>

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly description?: string
  readonly required: boolean
  readonly schema: Schema
}

export interface Operation {
  /** The groups that it is in. */
  readonly tags?: readonly string[]
  readonly summary: string
  readonly description?: string
  /** One of them has to be met; each names schemes of which all have to be. */
  readonly security?: readonly Readonly<Record<string, readonly never[]>>[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: {
    readonly description?: string
    readonly required?: boolean
    readonly content: Content
  }
  /** By their statuses. */
  readonly responses: Readonly<Record<string, Answer>>
}

/** The operations of a path, by method. */
export type PathItem = Readonly<Partial<Record<'get' | 'post', Operation>>>

/** Path items by their paths. */
export type Paths = Readonly<Record<string, PathItem>>

/** A schema of the document, by its name in schemas.ts. */
export function schemaRef(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

/** A header field of the document, by its name in headers.ts. */
export function headerRef(name: string): Schema {
  return { $ref: `#/components/headers/${name}` }
}

export function json(schema: Schema, example?: unknown): Content {
  return { 'application/json': { schema, ...(example !== undefined && { example }) } }
}

export function form(schema: Schema, example?: unknown): Content {
  return {
    'application/x-www-form-urlencoded': { schema, ...(example !== undefined && { example }) }
  }
}

/** A form, or JSON, whose members are text. */
export function fields(
  properties: Readonly<Record<string, string>>,
  required: readonly string[] = []
): Schema {
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, description]) => [
        name,
        { type: 'string', description }
      ])
    )
  }
}

/** An answer that no cache may keep. */
export function secret(description: string, content: Content): Answer {
  return { description, headers: { 'Cache-Control': headerRef('NoStore') }, content }
}
