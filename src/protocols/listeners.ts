/** Which listener a route is on. */
import { isSymmetric } from '../keys/algorithms.ts'
import type { KeyConfig } from '../keys/settings.ts'
import type { RouteConfig } from './settings.ts'

/** The listener of routes that name no other. */
export const MAIN = 'main'

interface Listeners {
  readonly listen: { readonly admin?: unknown }
}

/** The listener that health and metrics are on: the one for them, or else the main one. */
export function operationsListener({ listen }: Listeners): 'admin' | 'main' {
  return listen.admin === undefined ? MAIN : 'admin'
}

/** The listener that a route is on. Only routes for those who operate the service leave it out. */
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
}: {
  readonly keys: readonly KeyConfig[]
  readonly routes: readonly RouteConfig[]
}): ReadonlySet<string> {
  if (keys.every(({ alg }) => isSymmetric(alg))) return new Set()
  return new Set([MAIN, ...routes.flatMap((route) => ('keys' in route ? route.on : []))])
}
