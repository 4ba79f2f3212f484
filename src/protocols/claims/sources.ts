/** The sources whose claims a `claims` route shows. */
import type { SourceConfig } from '../../issue/sources/registry.ts'
import type { RouteConfig } from '../registry.ts'
import type { ClaimsRouteConfig } from './settings.ts'

/** Its own, or those of an issue route: the loader has seen to it that there is one. */
export function claimsSourcesOf(
  { of, sources }: ClaimsRouteConfig,
  { routes }: { readonly routes: readonly RouteConfig[] }
): readonly SourceConfig[] {
  if (sources !== undefined) return sources
  const shown = routes.filter((route) => 'issue' in route).find((route) => isShown(route, of))
  return shown === undefined || shown.protocol === 'krakend' ? [] : shown.claims
}

interface Candidate {
  readonly issue?: string | undefined
  readonly protocol?: string | undefined
}

/** Whether a route is the issue route that `of` names, or any where it names none. What krakend signs has no claims to show. */
export function isShown({ issue, protocol }: Candidate, of: string | undefined): boolean {
  return issue !== undefined && protocol !== 'krakend' && (of === undefined || issue === of)
}
