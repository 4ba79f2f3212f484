/** The sources that a claims route shows: its own, or the sources of an issue route; and the rule that there are some. */
import type { AttemptsConfig } from '../../issue/attempts.ts'
import type { SourceConfig } from '../../issue/sources/registry.ts'
import { at, isGiven } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import type { RouteConfig } from '../registry.ts'
import type { PlacedRoute, RuleContext } from '../rules.ts'
import type { ClaimsRouteConfig } from './settings.ts'

/** The sources that a claims route shows, and their limit. */
export interface ShownClaims {
  readonly sources: readonly SourceConfig[]
  /** The limit of attempts: an attacker who guesses passwords must not have a route that does not count. */
  readonly attempts: AttemptsConfig | undefined
  /** The path and listener of the route with the sources. */
  readonly path: string
  readonly on: string
}

/** Its own, or the sources of an issue route: the rule below ensures that there is one. */
export function claimsShownBy(
  { claims: path, on, of, sources, attempts }: ClaimsRouteConfig,
  { routes }: { readonly routes: readonly RouteConfig[] }
): ShownClaims {
  if (sources !== undefined) return { sources, attempts, path, on }
  const shown = routes.filter((route) => 'issue' in route).find((route) => isShown(route, of))
  if (shown === undefined || shown.protocol === 'krakend') {
    return { sources: [], attempts, path, on }
  }
  return {
    sources: shown.claims,
    attempts: 'attempts' in shown ? shown.attempts : undefined,
    path: shown.issue,
    on: shown.on
  }
}

interface Candidate {
  readonly issue?: string | undefined
  readonly protocol?: string | undefined
}

/** Whether a route is the issue route that `of` names, or any where it names none. A krakend route has no claims to show. */
function isShown({ issue, protocol }: Candidate, of: string | undefined): boolean {
  return issue !== undefined && protocol !== 'krakend' && (of === undefined || issue === of)
}

/** Finds routes that show the claims of an unknown route. */
export function findClaimsProblems({ routes }: RuleContext): Problem[] {
  return routes.filter(isClaimsRoute).flatMap((route): Problem[] => {
    if (isGiven(at(route, 'sources'))) return []
    const { value: of, path } = at(route, 'of')
    const candidates = routes.filter((other) => isShownBy(other, of))
    if (of !== undefined) {
      return candidates.length > 0
        ? []
        : [{ path, message: `there is no issue route ${of} with claims to show` }]
    }
    return candidates.length === 1
      ? []
      : [
          {
            path: route.path,
            message: `expected of or sources, since there are ${candidates.length} issue routes with claims to show`
          }
        ]
  })
}

/** Under the same name, an issue route has a list. */
export function isClaimsRoute(route: PlacedRoute): boolean {
  return typeof at(route, 'claims').written === 'string'
}

/** Whether a route is the issue route, or one of those, that a claims route with this `of` shows. */
export function isShownBy(route: PlacedRoute, of: string | undefined): boolean {
  const { value, written } = at(route, 'issue')
  // A route with a wrong path is still an issue route, although no `of` can name it.
  const issue = written === undefined ? undefined : (value ?? '')
  return isShown({ issue, protocol: at(route, 'protocol').value }, of)
}
