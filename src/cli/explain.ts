/** `explain`: the pipelines of a configuration, drawn as text. */

import type { Config } from '../config/full-form.ts'
import type { ListenerConfig, ListenerTlsConfig } from '../config/listen.ts'
import {
  listenerOf,
  openListeners,
  operationsListener,
  publishingListeners
} from '../config/listeners.ts'
import { loadWrittenConfig } from '../config/load.ts'
import { showFullForm } from '../config/shown-form.ts'
import { isSymmetric } from '../keys/algorithms.ts'
import type { KeyConfig } from '../keys/settings.ts'
import {
  DISCOVERY_PATH,
  DOCS_PATH,
  JWK_SET_PATH,
  OPENAPI_PATH,
  OPERATION_PATHS
} from '../protocols/own-paths.ts'
import type { RevocationConfig } from '../revocation/settings.ts'
import { configFileOf, createCommand } from './command.ts'

type Settings = Readonly<Record<string, unknown>>

/** What is told of a route in a way of its own, or not at all where it is as usual. */
const PLACED = ['on', 'protocol']
/** Lists of steps, which a request goes through in their order. */
const STEPS = ['claims', 'sources', 'verify', 'groups']

export const explain = createCommand({
  parameters: ['[FILE]'],
  description:
    'Draw what a configuration makes of the service: its listeners, the steps of its routes in their order, its keys. Secrets are masked. FILE is the one that CFG_FILE names where left out.',
  options: {},
  examples: ['txtoken explain examples/txtoken.yml'],
  run({ parameters: [named], env, print }) {
    const { config, written } = loadWrittenConfig({ file: configFileOf(named, env), env })
    const filled = showFullForm(written, { defaults: true }) as { routes: Settings[] }
    const bare = showFullForm(written, { defaults: false }) as {
      keys?: Settings[]
      revocation?: Settings
      routes: Settings[]
    }
    const routes = filled.routes.map((route, index) =>
      drawRoute(route, bare.routes[index] ?? route)
    )
    const blocks = [...openListeners(config)].map(([name, listener]) =>
      [
        ...drawListener(name, listener),
        ...routes.filter((_, index) => isOn(name, config.routes[index], config)).flat(),
        ...drawOwnPaths(name, config)
      ].join('\n')
    )
    const keys = (bare.keys ?? []).flatMap((key, index) => drawKey(key, config.keys[index]))
    if (keys.length > 0) blocks.push(['keys', ...keys].join('\n'))
    if (config.revocation !== undefined) {
      blocks.push(drawRevocation(config.revocation, bare.revocation))
    }
    print(`${blocks.join('\n\n')}\n`)
  }
})

function drawListener(
  name: string,
  { host, port, tls, responseHeaders }: ListenerConfig
): string[] {
  const headers = responseHeaders === undefined ? '' : write(responseHeaders)
  return [
    `listener ${name}, ${host}:${port}${tls === undefined ? '' : drawTls(tls)}`,
    ...(headers === '' ? [] : [`  each answer: ${headers}`])
  ]
}

/** Of the store its kind is told: its address may hold a password. */
function drawRevocation(
  { store: { kind } }: RevocationConfig,
  { store: _, ...rest }: Settings = {}
) {
  const settings = write(rest)
  return `revocation\n  store: ${kind}${settings === '' ? '' : `, ${settings}`}`
}

function drawTls({ clientCertificate }: ListenerTlsConfig): string {
  return clientCertificate === 'none' ? ', TLS' : `, TLS, certificates: ${clientCertificate}`
}

/** @param bare the route without the defaults */
function drawRoute(route: Settings, bare: Settings): string[] {
  // The setting that says what the route does is the first of its schema.
  const [[verb, path] = ['', '']] = Object.entries(route)
  const protocol = route.protocol === undefined ? '' : ` as ${String(route.protocol)}`
  const steps = STEPS.filter((name) => name !== verb && Array.isArray(route[name])).flatMap(
    (name) =>
      (bare[name] as Settings[]).map((step, index) => `    ${name} ${index + 1}: ${write(step)}`)
  )
  const { key = 'the first that can sign', lifetime } = route
  const rest = Object.entries(verb === 'issue' ? { key, lifetime, ...bare } : bare)
    .filter(([name, value]) => ![verb, ...PLACED, ...STEPS].includes(name) && value !== undefined)
    .map(([name, value]) => `    ${name}: ${write(value)}`)
  return [`  ${verb} ${String(path)}${protocol}`, ...steps, ...rest]
}

/** What the service answers without a route. */
function drawOwnPaths(listener: string, config: Config): string[] {
  const published = [JWK_SET_PATH, ...(config.issuer === undefined ? [] : [DISCOVERY_PATH])]
  return [
    ...(publishingListeners(config).has(listener) ? [`  public keys: ${published.join(' ')}`] : []),
    ...(listener === operationsListener(config)
      ? [`  health and metrics: ${OPERATION_PATHS.join(' ')}`]
      : []),
    ...(config.docs ? [`  these routes: ${OPENAPI_PATH} ${DOCS_PATH}`] : [])
  ]
}

function drawKey({ kid, alg: _, ...settings }: Settings, key: KeyConfig | undefined): string[] {
  const name = kid === undefined ? '(no kid)' : String(kid)
  return key === undefined ? [] : [`  ${name}: ${key.alg}, ${whatItDoes(key)}, ${write(settings)}`]
}

function whatItDoes({ alg, origin }: KeyConfig): string {
  if (origin === 'public') return 'verifies'
  const isFound = origin === 'jwks' || origin === 'jwksUrl'
  return isFound && !isSymmetric(alg)
    ? 'verifies, and signs if it is private'
    : 'signs and verifies'
}

/** A value on one line: maps as `name value, name value`, inner ones in braces. */
function write(value: unknown): string {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
        .map(([name, one]) => `${name} ${writeInner(one)}`)
        .join(', ')
    : writeInner(value)
}

function writeInner(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeInner).join(', ')}]`
  if (typeof value === 'object' && value !== null) return `{ ${write(value)} }`
  return String(value)
}

function isOn(name: string, route: Config['routes'][number] | undefined, config: Config): boolean {
  return route !== undefined && listenerOf(route, config) === name
}
