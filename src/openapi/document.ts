/** The OpenAPI 3.1 document of a listener, as its routes are configured. */
import { listenerOf, operationsListener, publishingListeners } from '../config/listeners.ts'
import { variablesIn } from '../config/path-variables.ts'
import type { Config } from '../config/schema/full-form.ts'
import { describeRoute } from './describe-route.ts'
import { HEADERS } from './headers.ts'
import { describePublishing } from './keys.ts'
import { headerRef, type Operation, type PathItem, type Paths, type Schema } from './openapi.ts'
import { OPERATIONS } from './operations.ts'
import { SCHEMAS } from './schemas.ts'
import { cookieSchemes, SECURITY_SCHEMES } from './security.ts'

/** Every answer has it. */
const REQUEST_ID = { 'X-Request-Id': headerRef('RequestId') }

export interface DocumentOptions {
  readonly config: Pick<Config, 'listen' | 'routes' | 'keys' | 'issuer'>
  /** Its name. */
  readonly listener: string
  readonly version: string
}

/** Describes what a listener answers, and nothing of the others: a page for clients says nothing of what is for operators. */
export function createDocument({ config, listener, version }: DocumentOptions): object {
  const paths = describeListener(config, listener)
  return {
    openapi: '3.1.0',
    info: {
      title: 'txtoken',
      version,
      summary: 'Puts a signed, expiring, verifiable JWT in front of any JSON login API.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
    },
    paths: Object.fromEntries(
      Object.entries(paths).map(([path, item]) => [path, completeItem(path, item)])
    ),
    components: describeComponents(paths, config.routes)
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

function completeItem(path: string, item: PathItem): object {
  const parameters = variablesIn(path).map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' }
  }))
  const operations = Object.entries(item).map(([method, operation]) => [
    method,
    { ...operation, responses: withRequestId(operation.responses) }
  ])
  return { ...(parameters.length > 0 && { parameters }), ...Object.fromEntries(operations) }
}

function withRequestId(responses: Operation['responses']): Operation['responses'] {
  return Object.fromEntries(
    Object.entries(responses).map(([status, answer]) => [
      status,
      { ...answer, headers: { ...REQUEST_ID, ...answer.headers } }
    ])
  )
}

/** What the paths name, and no more. */
function describeComponents(paths: Paths, routes: Config['routes']): object {
  const operations = Object.values(paths).flatMap((item) => Object.values(item))
  const named = new Set(
    operations.flatMap(({ security = [] }) => security.flatMap((one) => Object.keys(one)))
  )
  const schemes = Object.entries({ ...SECURITY_SCHEMES, ...cookieSchemes(routes) })
  return {
    schemas: findSchemas(paths),
    headers: HEADERS,
    securitySchemes: Object.fromEntries(schemes.filter(([name]) => named.has(name)))
  }
}

/** Those that are referred to, and those that these refer to. */
function findSchemas(described: object): Record<string, Schema> {
  const names = [...JSON.stringify(described).matchAll(/"#\/components\/schemas\/(\w+)"/g)]
  const direct = Object.entries(SCHEMAS).filter(([name]) => names.some(([, one]) => one === name))
  return direct.length === 0
    ? {}
    : Object.assign(Object.fromEntries(direct), ...direct.map(([, schema]) => findSchemas(schema)))
}
