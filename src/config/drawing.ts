/** A configuration drawn as text, with its secrets masked: its listeners, the steps of each route in order, its keys. */
import { isSymmetric } from '../keys/algorithms.ts'
import type { KeyConfig } from '../keys/settings.ts'
import { findTokenRoute } from '../protocols/oauth/metadata.ts'
import {
  DISCOVERY_PATH,
  DOCS_PATH,
  issuerDocumentPaths,
  jwkSetPaths,
  OAUTH_METADATA_PATH,
  OPENAPI_PATH,
  OPERATION_PATHS,
  WORKBENCH_PATH
} from '../protocols/own-paths.ts'
import type { RouteKind } from '../protocols/protocol.ts'
import { kindOf, type RouteConfig } from '../protocols/registry.ts'
import type { RevocationConfig } from '../revocation/settings.ts'
import { formatHostPort } from '../settings/hosts.ts'
import type { Config } from './full-form.ts'
import type { ListenerConfig, ListenerTlsConfig } from './listen.ts'
import {
  listenerOf,
  openListeners,
  operationsListener,
  publishingListeners,
  workbenchListener
} from './listeners.ts'
import type { LoadedConfig } from './load.ts'
import { showFullForm } from './shown-form.ts'

type Settings = Readonly<Record<string, unknown>>

/** Draws a configuration in blocks of lines: one for each listener, one for the keys, one for revocation. */
export function drawConfig({ config, written }: Pick<LoadedConfig, 'config' | 'written'>): string {
  const filled = showFullForm(written, { defaults: true }) as { routes: Settings[] }
  const bare = showFullForm(written, { defaults: false }) as {
    keys?: Settings[]
    revocation?: Settings
    routes: Settings[]
  }
  const routes = config.routes.map((route, index) =>
    drawRoute(kindOf(route), filled.routes[index] ?? {}, bare.routes[index] ?? {})
  )
  const blocks = [...openListeners(config)].map(([name, listener]) =>
    [
      ...drawListener(name, listener),
      ...routes.filter((_, index) => isOn(name, config.routes[index], config)).flat(),
      ...drawOwnPaths(name, config)
    ].join('\n')
  )
  if (config.workers !== 1) blocks.unshift(`workers: ${config.workers}`)
  const keys = (bare.keys ?? []).flatMap((key, index) => drawKey(key, config.keys[index]))
  if (keys.length > 0) blocks.push(['keys', ...keys].join('\n'))
  if (config.revocation !== undefined) {
    blocks.push(drawRevocation(config.revocation, bare.revocation))
  }
  return `${blocks.join('\n\n')}\n`
}

function drawListener(
  name: string,
  { host, port, tls, trustedProxies, responseHeaders, cors }: ListenerConfig
): string[] {
  const headers = responseHeaders === undefined ? '' : writeSetting(responseHeaders)
  return [
    `listener ${name}, ${formatHostPort(host, port)}${tls === undefined ? '' : drawTls(tls)}`,
    ...(trustedProxies === undefined ? [] : [`  trusted proxies: ${trustedProxies.join(' ')}`]),
    ...(headers === '' ? [] : [`  each answer: ${headers}`]),
    ...(cors === undefined ? [] : [`  cors: ${writeSetting(cors)}`])
  ]
}

/** Shows the kind of the store alone: its address may hold a password. */
function drawRevocation({ store }: RevocationConfig, { store: _, ...rest }: Settings = {}) {
  const settings = writeSetting(rest)
  const kind =
    store.kind === 'redis' && store.mode !== 'single' ? `redis+${store.mode}` : store.kind
  return `revocation\n  store: ${kind}${settings === '' ? '' : `, ${settings}`}`
}

function drawTls({ clientCertificate }: ListenerTlsConfig): string {
  return clientCertificate === 'none' ? ', TLS' : `, TLS, certificates: ${clientCertificate}`
}

/** Settings in the first line, or shown by the place of the route. */
const DRAWN_ABOVE = ['on', 'protocol']

/**
 * @param filled the route as written, with the defaults
 * @param bare without the defaults
 */
function drawRoute(
  { verb, steps }: RouteKind<RouteConfig>,
  filled: Settings,
  bare: Settings
): string[] {
  const protocol = filled.protocol === undefined ? '' : ` as ${String(filled.protocol)}`
  const drawnSteps = steps
    .filter((name) => Array.isArray(bare[name]))
    .flatMap((name) =>
      (bare[name] as Settings[]).map(
        (step, index) => `    ${name} ${index + 1}: ${writeSetting(step)}`
      )
    )
  const { key = 'the first that can sign', lifetime } = filled
  const rest = Object.entries(verb === 'issue' ? { key, lifetime, ...bare } : bare)
    .filter(
      ([name, value]) => ![verb, ...DRAWN_ABOVE, ...steps].includes(name) && value !== undefined
    )
    .map(([name, value]) => `    ${name}: ${writeSetting(value)}`)
  return [`  ${verb} ${String(filled[verb])}${protocol}`, ...drawnSteps, ...rest]
}

/** The paths that the service answers without a route. */
function drawOwnPaths(listener: string, config: Config): string[] {
  const { issuer, routes } = config
  const discovery = issuer === undefined ? [] : issuerDocumentPaths(DISCOVERY_PATH, issuer)
  const published = [...jwkSetPaths(issuer), ...discovery].join(' ')
  const token = findTokenRoute(routes.filter((route) => isOn(listener, route, config)))
  const metadata =
    issuer === undefined || token === undefined
      ? []
      : issuerDocumentPaths(OAUTH_METADATA_PATH, issuer)
  return [
    ...(publishingListeners(config).has(listener) ? [`  public keys: ${published}`] : []),
    ...(metadata.length > 0 ? [`  metadata of ${token?.issue}: ${metadata.join(' ')}`] : []),
    ...(listener === operationsListener(config)
      ? [`  health and metrics: ${OPERATION_PATHS.join(' ')}`]
      : []),
    ...(config.docs ? [`  these routes: ${OPENAPI_PATH} ${DOCS_PATH}`] : []),
    ...(listener === workbenchListener(config) ? [`  workbench: ${WORKBENCH_PATH}`] : [])
  ]
}

function drawKey({ kid, alg: _, ...settings }: Settings, key: KeyConfig | undefined): string[] {
  const name = kid === undefined ? '(no kid)' : String(kid)
  return key === undefined
    ? []
    : [`  ${name}: ${key.alg}, ${whatItDoes(key)}, ${writeSetting(settings)}`]
}

/** Whether a key signs, by where it comes from. */
const SIGNS: Readonly<Record<KeyConfig['origin'], 'yes' | 'no' | 'if private'>> = {
  secret: 'yes',
  private: 'yes',
  public: 'no',
  jwks: 'if private',
  jwksUrl: 'if private',
  generate: 'yes'
}

function whatItDoes({ alg, origin }: KeyConfig): string {
  const signs = SIGNS[origin]
  if (signs === 'no') return 'verifies'
  return signs === 'if private' && !isSymmetric(alg)
    ? 'verifies, and signs if it is private'
    : 'signs and verifies'
}

/** Writes a value on one line: maps as `name value, name value`, inner ones in braces. */
export function writeSetting(value: unknown): string {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
        .map(([name, one]) => `${name} ${writeInner(one)}`)
        .join(', ')
    : writeInner(value)
}

function writeInner(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeInner).join(', ')}]`
  if (typeof value === 'object' && value !== null) return `{ ${writeSetting(value)} }`
  return String(value)
}

function isOn(name: string, route: Config['routes'][number] | undefined, config: Config): boolean {
  return route !== undefined && listenerOf(route, config) === name
}
