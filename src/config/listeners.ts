/** Which listeners of a configuration are opened, and what is on them. */
import { isSymmetric } from '../keys/algorithms.ts'
import type { Config } from './full-form.ts'
import type { ListenerConfig } from './listen.ts'

/** The listener of routes without `on`. */
export const MAIN = 'main'

interface Listeners {
  readonly listen: { readonly admin?: unknown }
}

/** The listener that health and metrics are on: the one for them, or else the main one. */
export function operationsListener({ listen }: Listeners): 'admin' | 'main' {
  return listen.admin === undefined ? MAIN : 'admin'
}

/** The listener that a route is on. Only a route for operators may name none. */
export function listenerOf(
  { on }: { readonly on?: string | undefined },
  listeners: Listeners
): string {
  return on ?? operationsListener(listeners)
}

/**
 * The listener that the workbench is on: the configured one, or else the admin listener, with `docs`. The main one
 * may be public, so there the workbench has to be configured explicitly.
 */
export function workbenchListener({
  listen,
  docs,
  workbench
}: Listeners & {
  readonly docs?: boolean | undefined
  readonly workbench?: string | false | undefined
}): string | undefined {
  if (workbench !== undefined) return workbench === false ? undefined : workbench
  return docs === true && listen.admin !== undefined ? 'admin' : undefined
}

/**
 * The listeners that the public keys are on: the main one, those where single keys are, and those where clients of SuperTokens, or the metadata
 * of a token endpoint, look for them. A service that has shared secrets only has nothing to publish.
 */
export function publishingListeners({
  issuer,
  keys,
  routes
}: Pick<Config, 'issuer' | 'keys' | 'routes'>): ReadonlySet<string> {
  if (keys.every(({ alg }) => isSymmetric(alg))) return new Set()
  const others = routes.flatMap((route) => {
    if ('keys' in route) return route.on
    if (!('issue' in route)) return []
    const isLookedFor =
      route.protocol === 'supertokens' || (route.protocol === 'oauth' && issuer !== undefined)
    return isLookedFor ? route.on : []
  })
  return new Set([MAIN, ...others])
}

/** The listeners to open, by name, main first. Main is not opened where everything is on other listeners. */
export function openListeners(
  config: Pick<Config, 'listen' | 'routes'> & Partial<Pick<Config, 'docs' | 'workbench'>>
): ReadonlyMap<string, ListenerConfig> {
  const { listen, routes } = config
  const hasOwnPlace = routes.some((route) => 'health' in route || 'metrics' in route)
  const isMainOpen =
    routes.some((route) => listenerOf(route, { listen }) === MAIN) ||
    workbenchListener(config) === MAIN ||
    (listen.admin === undefined && !hasOwnPlace)
  return new Map(
    Object.entries(listen).flatMap(([name, listener]) =>
      listener === undefined || (name === MAIN && !isMainOpen) ? [] : [[name, listener]]
    )
  )
}

/** Where a service can be asked whether it is alive. */
export interface HealthPlace {
  /** The name of the listener. */
  readonly name: string
  readonly listener: ListenerConfig
  readonly path: string
}

/** `/livez`, or a route for health where main, which that would be on, is not opened. Undefined where there is neither. */
export function findHealth(config: Pick<Config, 'listen' | 'routes'>): HealthPlace | undefined {
  const open = openListeners(config)
  const name = operationsListener(config)
  const listener = open.get(name)
  if (listener !== undefined) return { name, listener, path: '/livez' }
  for (const route of config.routes) {
    if (!('health' in route)) continue
    const other = open.get(route.on)
    if (other !== undefined) return { name: route.on, listener: other, path: route.health }
  }
  return undefined
}
