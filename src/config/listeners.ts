/** Which listeners of a configuration are opened, and what is on them. */
import type { Config } from './schema/full-form.ts'
import type { ListenerConfig } from './schema/listen.ts'

/** Where health and metrics are: on the listener that is for them, or else on the main one. */
export function operationsListener({ listen }: Pick<Config, 'listen'>): 'admin' | 'main' {
  return listen.admin === undefined ? 'main' : 'admin'
}

/** The listener that a route is on. */
export function listenerOf(
  { on }: Pick<Config['routes'][number], 'on'>,
  config: Pick<Config, 'listen'>
): string {
  return on ?? operationsListener(config)
}

/** The listeners to open, by name, main first. Main is not opened where all that there is has its place elsewhere. */
export function openListeners({
  listen,
  routes
}: Pick<Config, 'listen' | 'routes'>): ReadonlyMap<string, ListenerConfig> {
  const hasOwnPlace = routes.some((route) => 'health' in route || 'metrics' in route)
  const isMainOpen =
    routes.some((route) => listenerOf(route, { listen }) === 'main') ||
    (listen.admin === undefined && !hasOwnPlace)
  return new Map(
    Object.entries(listen).flatMap(([name, listener]) =>
      listener === undefined || (name === 'main' && !isMainOpen) ? [] : [[name, listener]]
    )
  )
}
