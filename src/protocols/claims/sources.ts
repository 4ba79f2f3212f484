/** The sources whose claims a `claims` route shows. */
import type { SourceConfig } from '../../issue/sources/settings.ts'
import type { RouteConfig } from '../registry.ts'
import type { ClaimsRouteConfig } from './settings.ts'

/** Its own, or those of an issue route: the loader has seen to it that there is one. */
export function claimsSourcesOf(
  { of, sources }: ClaimsRouteConfig,
  { routes }: { readonly routes: readonly RouteConfig[] }
): readonly SourceConfig[] {
  if (sources !== undefined) return sources
  const issuing = routes
    .filter((route) => 'issue' in route)
    .filter((route) => route.protocol !== 'krakend')
  return issuing.find(({ issue }) => of === undefined || issue === of)?.claims ?? []
}
