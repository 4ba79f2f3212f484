/** Routes that read a cookie which browsers do not send to them. */
import { cookieOf } from '../../protocols/logout/settings.ts'
import { type CookieConfig, isSentTo } from '../../protocols/route-settings.ts'
import type { Warning } from '../../settings/problem.ts'
import type { Config } from '../full-form.ts'
import { listenerOf } from '../listeners.ts'

type RouteConfig = Config['routes'][number]

/**
 * Finds logout routes and check routes outside of the path of their cookie. A proxy in front may add that path, and other programs may
 * send the cookie, so it is no error. Gates are left out: a gateway passes on the cookies of another path.
 */
export function findUnsentCookies(config: Config): Warning[] {
  const { routes, revocation } = config
  return routes.flatMap((route, index): Warning[] => {
    if ('logout' in route) {
      const cookie = revocation === undefined ? undefined : cookieOf(route, routes)
      if (cookie === undefined || isSentTo(route.logout, cookie.path)) return []
      const effect = `${route.logout} revokes no token`
      return [warn(['routes', index, 'logout'], [cookie], effect)]
    }
    if (!('check' in route) || route.protocol === 'forward-auth') return []
    const cookies = cookiesOn(listenerOf(route, config), config)
    return (route.token ?? []).flatMap((place, at): Warning[] => {
      const read = cookies.filter(({ name }) => place === `cookie:${name}`)
      if (read.length === 0 || read.some(({ path }) => isSentTo(route.check, path))) return []
      return [warn(['routes', index, 'token', at], read, `${route.check} does not get it`)]
    })
  })
}

/** The cookies that issue routes of a listener set. */
function cookiesOn(listener: string, config: Config): CookieConfig[] {
  return config.routes.flatMap((route: RouteConfig) => {
    const cookie = 'issue' in route && 'cookie' in route ? route.cookie : undefined
    return cookie === undefined || listenerOf(route, config) !== listener ? [] : [cookie]
  })
}

function warn(path: Warning['path'], cookies: readonly CookieConfig[], effect: string): Warning {
  const [name] = cookies.map((cookie) => cookie.name)
  const paths = [...new Set(cookies.map((cookie) => cookie.path))].join(', ')
  const message = `browsers send the cookie ${name} only to ${paths} and below, so that ${effect}; expected a path there, a proxy in front that adds it, or callers that send the cookie themselves`
  return { kind: 'unsent_cookie', path, message }
}
