/** The OpenAPI 3.1 document of a listener, as its routes are configured. */

import type { Config } from '../config/full-form.ts'
import { listenerOf, operationsListener, publishingListeners } from '../protocols/listeners.ts'
import { variablesIn } from '../settings/route-paths.ts'
import { describeRoute } from './describe-route.ts'
import { HEADERS, withHeaders } from './headers.ts'
import { describePublishing } from './keys.ts'
import { type Headers, headerRef, type PathItem, type Paths, type Schema } from './openapi.ts'
import { OPERATIONS } from './operations.ts'
import { SCHEMAS } from './schemas.ts'
import { cookieSchemes, SECURITY_SCHEMES } from './security.ts'

export interface DocumentOptions {
  readonly config: Pick<Config, 'listen' | 'routes' | 'keys' | 'issuer'>
  /** Its name. */
  readonly listener: string
  readonly version: string
}

/** Describes what a listener answers, and nothing of the others: a page for clients says nothing of what is for operators. */
export function createDocument({ config, listener, version }: DocumentOptions): object {
  const paths = describeListener(config, listener)
  const headers = headersOfAll(config.listen[listener]?.responseHeaders)
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
    components: describeComponents(paths, headers, config.routes)
  }
}

function describeListener(config: DocumentOptions['config'], listener: string): Paths {
  const routes = config.routes.filter((route) => listenerOf(route, config) === listener)
  return {
    ...Object.assign({}, ...routes.map((route) => describeRoute(route, config))),
    ...(publishingListeners(config).has(listener) &&
      describePublishing(config.issuer !== undefined)),
    ...(operationsListener(config) === listener && OPERATIONS)
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

/** What the paths name, and no more. */
function describeComponents(paths: Paths, ofAll: Headers, routes: Config['routes']): object {
  const operations = Object.values(paths).flatMap((item) => Object.values(item))
  const named = new Set(
    operations.flatMap(({ security = [] }) => security.flatMap((one) => Object.keys(one)))
  )
  const schemes = Object.entries({ ...SECURITY_SCHEMES, ...cookieSchemes(routes) })
  return {
    schemas: findSchemas(paths),
    headers: Object.fromEntries(referredTo('headers', HEADERS, { paths, ofAll })),
    securitySchemes: Object.fromEntries(schemes.filter(([name]) => named.has(name)))
  }
}

/** Those that are referred to, and those that these refer to. */
function findSchemas(described: object): Record<string, Schema> {
  const direct = referredTo('schemas', SCHEMAS, described)
  return direct.length === 0
    ? {}
    : Object.assign(Object.fromEntries(direct), ...direct.map(([, schema]) => findSchemas(schema)))
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
