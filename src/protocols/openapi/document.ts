/** The OpenAPI 3.1 document of a listener. */
import { EVERY_ORIGIN } from '../../settings/origins.ts'
import { variablesIn } from '../../settings/route-paths.ts'
import type { RouteConfig } from '../registry.ts'
import { ANY_ORIGIN, HEADERS, withHeaders } from './headers.ts'
import { type Headers, headerRef, type PathItem, type Paths, type Schema } from './parts.ts'
import { SCHEMAS } from './schemas.ts'
import { placeSchemes, SECURITY_SCHEMES } from './security.ts'
import { describeTags } from './tags.ts'

export interface DocumentOptions {
  /** The paths of the listener. */
  readonly paths: Paths
  /** The JSON of the answers, by the names that the paths refer to. */
  readonly schemas: Readonly<Record<string, Schema>>
  /** The routes of the configuration, for the cookies that they take tokens from. */
  readonly routes: readonly RouteConfig[]
  /** Header fields that every answer of the listener carries. */
  readonly responseHeaders?: Readonly<Record<string, string>> | undefined
  /** The `cors` of the listener. */
  readonly cors?: CorsSettings | undefined
  readonly version: string
}

interface CorsSettings {
  readonly origins: readonly string[]
  readonly credentials: boolean
}

/** Makes the document. It shows nothing of other listeners: a page for clients does not describe routes for operators. */
export function createDocument({
  paths,
  schemas,
  routes,
  responseHeaders,
  cors,
  version
}: DocumentOptions): object {
  const headers = { ...headersOfAll(responseHeaders), ...headersOfCors(cors) }
  return {
    openapi: '3.1.0',
    info: {
      title: 'txtoken',
      version,
      summary: 'Puts a signed, expiring, verifiable JWT in front of any JSON login API.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    tags: describeTags(paths),
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, item]) => [path, completeItem(path, item, headers)])
    ),
    components: {
      schemas: findSchemas(paths, { ...SCHEMAS, ...schemas }),
      ...describeComponents(paths, headers, routes)
    }
  }
}

/** The header fields of every answer of a listener. */
function headersOfAll(configured: Readonly<Record<string, string>> = {}): Headers {
  const fixed = Object.entries(configured).map(([name, value]) => [
    name,
    { required: true, schema: { const: value } }
  ])
  return { ...Object.fromEntries(fixed), 'X-Request-Id': headerRef('RequestId') }
}

/** @param cors undefined where pages of other origins may read nothing */
function headersOfCors(cors: CorsSettings | undefined): Headers {
  if (cors === undefined) return {}
  const isForEverybody = cors.origins.includes(EVERY_ORIGIN)
  return {
    ...ANY_ORIGIN,
    'Access-Control-Expose-Headers': headerRef('ExposeHeaders'),
    ...(cors.credentials && { 'Access-Control-Allow-Credentials': headerRef('AllowCredentials') }),
    ...(!isForEverybody && { Vary: headerRef('VaryOrigin') })
  }
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
  const schemes = Object.entries({ ...SECURITY_SCHEMES, ...placeSchemes(routes) })
  return {
    headers: Object.fromEntries(referredTo('headers', HEADERS, { paths, ofAll })),
    securitySchemes: Object.fromEntries(schemes.filter(([name]) => named.has(name)))
  }
}

/** Adds references transitively. */
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
