/** The OpenAPI 3.1 document of a listener. */
import { variablesIn } from '../../settings/route-paths.ts'
import type { RouteConfig } from '../registry.ts'
import { HEADERS, withHeaders } from './headers.ts'
import { type Headers, headerRef, type PathItem, type Paths, type Schema } from './parts.ts'
import { SCHEMAS } from './schemas.ts'
import { cookieSchemes, SECURITY_SCHEMES } from './security.ts'

export interface DocumentOptions {
  /** What the listener answers. */
  readonly paths: Paths
  /** The JSON of the answers, by the names that the paths refer to. */
  readonly schemas: Readonly<Record<string, Schema>>
  /** The routes of the configuration, for the cookies that they take tokens from. */
  readonly routes: readonly RouteConfig[]
  /** Header fields that every answer of the listener carries. */
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined
  readonly version: string
}

/** Makes the document. It shows nothing of other listeners: a page for clients does not describe what is for operators. */
export function createDocument({
  paths,
  schemas,
  routes,
  responseHeaders,
  version
}: DocumentOptions): object {
  const headers = headersOfAll(responseHeaders)
  return {
    openapi: '3.1.0',
    info: {
      title: 'txtoken',
      version,
      summary: 'Puts a signed, expiring, verifiable JWT in front of any JSON login API.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, item]) => [path, completeItem(path, item, headers)])
    ),
    components: {
      schemas: findSchemas(paths, { ...SCHEMAS, ...schemas }),
      ...describeComponents(paths, headers, routes)
    }
  }
}

/** What every answer of a listener has. */
function headersOfAll(configured: Readonly<Record<string, string>> = {}): Headers {
  const fixed = Object.entries(configured).map(([name, value]) => [
    name,
    { required: true, schema: { const: value } }
  ])
  return { ...Object.fromEntries(fixed), 'X-Request-Id': headerRef('RequestId') }
}

function completeItem(path: string, item: PathItem, headers: Headers): object {
  const parameters = variablesIn(path).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' }
  }))
  const operations = Object.entries(item).map(([method, operation]) => [
    method,
    { ...operation, responses: withHeaders(operation.responses, headers) }
  ])
  return { ...(parameters.length > 0 && { parameters }), ...Object.fromEntries(operations) }
}

/** The headers and security schemes that the paths name, and no more. */
function describeComponents(paths: Paths, ofAll: Headers, routes: readonly RouteConfig[]): object {
  const operations = Object.values(paths).flatMap((item) => Object.values(item))
  const named = new Set(
    operations.flatMap(({ security = [] }) => security.flatMap((one) => Object.keys(one)))
  )
  const schemes = Object.entries({ ...SECURITY_SCHEMES, ...cookieSchemes(routes) })
  return {
    headers: Object.fromEntries(referredTo('headers', HEADERS, { paths, ofAll })),
    securitySchemes: Object.fromEntries(schemes.filter(([name]) => named.has(name)))
  }
}

/** Those that are referred to, and those that these refer to. */
function findSchemas(
  described: object,
  schemas: DocumentOptions['schemas']
): Record<string, Schema> {
  const direct = referredTo('schemas', schemas, described)
  return direct.length === 0
    ? {}
    : Object.assign(
        Object.fromEntries(direct),
        ...direct.map(([, schema]) => findSchemas(schema, schemas))
      )
}

function referredTo<Component>(
  kind: 'schemas' | 'headers',
  components: Readonly<Record<string, Component>>,
  described: object
): [string, Component][] {
  const text = JSON.stringify(described)
  return Object.entries(components).filter(([name]) =>
    text.includes(`"#/components/${kind}/${name}"`)
  )
}
