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
import type { RouteKind } from '../protocols/protocol.ts'
import { kindOf, type RouteConfig } from '../protocols/registry.ts'
import type { RevocationConfig } from '../revocation/settings.ts'
import { configFileOf, createCommand } from './command.ts'

type Settings = Readonly<Record<string, unknown>>

export const explain = createCommand({
  parameters: ['[FILE]'],
  description:
    'Show what a configuration makes of the service: its listeners, the steps of each route in order, its keys. Secrets are masked. Without FILE, the environment variable CFG_FILE names it.',
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

/** Shows the kind of the store alone: its address may hold a password. */
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

/** Settings that the first line has, or the place of the route. */
const DRAWN_ABOVE = ['on', 'protocol']

/**
 * @param filled the route as its author wrote it, with the defaults
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
      (bare[name] as Settings[]).map((step, index) => `    ${name} ${index + 1}: ${write(step)}`)
    )
  const { key = 'the first that can sign', lifetime } = filled
  const rest = Object.entries(verb === 'issue' ? { key, lifetime, ...bare } : bare)
    .filter(
      ([name, value]) => ![verb, ...DRAWN_ABOVE, ...steps].includes(name) && value !== undefined
    )
    .map(([name, value]) => `    ${name}: ${write(value)}`)
  return [`  ${verb} ${String(filled[verb])}${protocol}`, ...drawnSteps, ...rest]
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
