/** The settings of a route that logs out, and the rule that there is a cookie to clear. */
import * as z from 'zod'
import { at, isGiven } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { routePath } from '../../settings/route-paths.ts'
import { section } from '../../settings/section.ts'
import type { RouteConfig } from '../registry.ts'
import { type CookieConfig, isSentTo, limits, on } from '../route-settings.ts'
import type { PlacedRoute, RuleContext } from '../rules.ts'

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

/** Finds logout routes without a cookie to clear, with several, or whose cookie does not come with a logout. */
export function findLogoutProblems(context: RuleContext): Problem[] {
  const { routes } = context
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
    const [issuing] = candidates
    if (issuing !== undefined && candidates.length === 1) return findUnsent(route, issuing, context)
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

/**
 * Finds a logout route that browsers do not send the cookie to, so that it never revokes. A proxy may add the path of the cookie to
 * all paths; then the issue route is outside of it too.
 */
function findUnsent(
  route: PlacedRoute,
  issuing: PlacedRoute,
  { revocation, listenerOf }: RuleContext
): Problem[] {
  const { value: logout, path } = at(route, 'logout')
  const issue = at(issuing, 'issue').value
  const cookiePath = at(at(issuing, 'cookie'), 'path').value
  if (logout === undefined || issue === undefined || cookiePath === undefined) return []
  const isDecided = isGiven(revocation) && listenerOf(route) === listenerOf(issuing)
  if (!isDecided || !isSentTo(issue, cookiePath) || isSentTo(logout, cookiePath)) return []
  const message = `browsers send the cookie of ${issue} only to ${cookiePath} and below, so that ${logout} revokes no token; expected a path there, or another path of the cookie`
  return [{ path, message }]
}
