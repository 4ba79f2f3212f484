/** Which listeners of a configuration are opened, and what is on them. */
import { isSymmetric } from '../keys/algorithms.ts'
import type { Config } from './full-form.ts'
import type { ListenerConfig } from './listen.ts'

/** The listener of routes that name no other. */
export const MAIN = 'main'

interface Listeners {
  readonly listen: { readonly admin?: unknown }
}

/** The listener that health and metrics are on: the one for them, or else the main one. */
export function operationsListener({ listen }: Listeners): 'admin' | 'main' {
  return listen.admin === undefined ? MAIN : 'admin'
}

/** The listener that a route is on. Only a route for those who operate the service may name none. */
export function listenerOf(
  { on }: { readonly on?: string | undefined },
  listeners: Listeners
): string {
  return on ?? operationsListener(listeners)
}

/**
 * The listeners that the public keys are on: the main one, and those where single keys are. A service that has shared secrets only has
 * nothing to publish.
 */
export function publishingListeners({
  keys,
  routes
}: Pick<Config, 'keys' | 'routes'>): ReadonlySet<string> {
  if (keys.every(({ alg }) => isSymmetric(alg))) return new Set()
  return new Set([MAIN, ...routes.flatMap((route) => ('keys' in route ? route.on : []))])
}

/** The listeners to open, by name, main first. Main is not opened where all that there is has its place elsewhere. */
export function openListeners({
  listen,
  routes
}: Pick<Config, 'listen' | 'routes'>): ReadonlyMap<string, ListenerConfig> {
  const hasOwnPlace = routes.some((route) => 'health' in route || 'metrics' in route)
  const isMainOpen =
    routes.some((route) => listenerOf(route, { listen }) === MAIN) ||
    (listen.admin === undefined && !hasOwnPlace)
  return new Map(
    Object.entries(listen).flatMap(([name, listener]) =>
      listener === undefined || (name === MAIN && !isMainOpen) ? [] : [[name, listener]]
    )
  )
}

/** Where a service can be asked whether it lives. */
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
