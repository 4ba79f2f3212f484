/** The settings of a route that logs out, and the rule that there is a cookie to clear. */
import * as z from 'zod'
import { at, isGiven } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { routePath } from '../../settings/route-paths.ts'
import { section } from '../../settings/section.ts'
import type { RouteConfig } from '../registry.ts'
import { type CookieConfig, limits, on } from '../route-settings.ts'
import type { RuleContext } from '../rules.ts'

export type LogoutRouteConfig = z.output<ReturnType<typeof logoutRouteSchema>>

export function logoutRouteSchema() {
  return section({
    logout: routePath.describe(
      'Path that browsers log out on, by POST: the cookie of an issue route is cleared, and its token revoked where there is `revocation`.'
    ),
    on,
    limits,
    of: z
      .string('expected the path of an issue route')
      .optional()
      .describe(
        'The path of the issue route whose cookie it clears. Default: the only issue route with a cookie.'
      )
  })
}

/** The cookie of the issue route that it belongs to: the rule below ensures that there is one. */
export function cookieOf(
  { of }: LogoutRouteConfig,
  routes: readonly RouteConfig[]
): CookieConfig | undefined {
  for (const route of routes) {
    if (!('issue' in route && 'cookie' in route) || route.cookie === undefined) continue
    if (of === undefined || route.issue === of) return route.cookie
  }
  return undefined
}

/** Finds logout routes without a cookie to clear, or with several. */
export function findLogoutProblems({ routes }: RuleContext): Problem[] {
  const withCookie = routes.filter((route) => isGiven(at(route, 'cookie')))
  return routes.flatMap((route): Problem[] => {
    if (!isGiven(at(route, 'logout'))) return []
    const { value: of, path } = at(route, 'of')
    if (withCookie.length === 0) {
      const message = 'no issue route has a cookie to clear, expected cookie in one of them'
      return [{ path: route.path, message }]
    }
    const candidates = withCookie.filter(
      (other) => of === undefined || at(other, 'issue').value === of
    )
    if (candidates.length === 1) return []
    return [
      of === undefined
        ? {
            path: route.path,
            message: `expected of, since there are ${candidates.length} issue routes with a cookie`
          }
        : { path, message: `there is no issue route ${of} with a cookie` }
    ]
  })
}
