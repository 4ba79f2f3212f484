/** Rules that span the keys of a configuration: what no single setting can know to be wrong. */
import type { Problem } from './problems.ts'
import type { Config } from './schema.ts'

/** Paths that the service answers itself, for those who operate it. */
export const OPERATION_PATHS = ['/livez', '/readyz', '/healthz', '/metrics'] as const

/** Where the public keys are published (RFC 8615), if there are any. */
export const JWK_SET_PATH = '/.well-known/jwks.json'
export const DISCOVERY_PATH = '/.well-known/openid-configuration'

/** A path, and where in the file it is given. */
export interface RouteUse {
  readonly path: string
  readonly at: Problem['path']
}

/** The routes of a full form, as they stand in it. */
export function listRoutes({ routes }: Config): RouteUse[] {
  return routes.map((route, index) => {
    if ('issue' in route) return { path: route.issue, at: ['routes', index, 'issue'] }
    if ('check' in route) return { path: route.check, at: ['routes', index, 'check'] }
    return { path: route.keys, at: ['routes', index, 'keys'] }
  })
}

/** Finds routes that would hide each other. */
export function findRouteProblems(routes: readonly RouteUse[], config: Config): Problem[] {
  const reserved: readonly string[] = [
    ...(config.listen.admin === undefined ? OPERATION_PATHS : []),
    JWK_SET_PATH,
    DISCOVERY_PATH
  ]
  return routes.flatMap(({ path, at }, index): Problem[] => {
    if (reserved.includes(path)) {
      return [
        { path: at, message: `${path} is answered by the service itself, expected another path` }
      ]
    }
    const twin = routes.slice(0, index).find((other) => other.path === path)
    return twin === undefined
      ? []
      : [{ path: at, message: `${path} is a route already, expected another path` }]
  })
}

/** Finds routes that name keys which are not there. */
export function findReferenceProblems({ keys, routes }: Config): Problem[] {
  const names = keys.map(({ kid }) => kid)
  const missing = (name: string, path: Problem['path']): Problem[] =>
    names.includes(name) ? [] : [{ path, message: `there is no key with the kid ${name}` }]
  return routes.flatMap((route, index): Problem[] => {
    if ('issue' in route) {
      return route.key === undefined ? [] : missing(route.key, ['routes', index, 'key'])
    }
    if ('keys' in route) return []
    return route.verify.flatMap(({ keys: wanted }, place) =>
      wanted === 'all'
        ? []
        : wanted.flatMap((name, item) =>
            missing(name, ['routes', index, 'verify', place, 'keys', item])
          )
    )
  })
}
