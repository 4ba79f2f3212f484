/** Sources that need something that their route does not have, or that must not read it. */

import { namesOf, type SourceConfig } from '../../issue/sources/registry.ts'
import { isClaimsRoute, isShownBy } from '../../protocols/claims/sources.ts'
import type { PlacedRoute, RuleContext } from '../../protocols/rules.ts'
import { at, isGiven, itemsOf, type PartialOf, type Placed } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { variablesIn } from '../../settings/route-paths.ts'
import type { Config } from '../full-form.ts'

type PlacedSource = Placed<PartialOf<SourceConfig>>

/** The headers that a client may give its API key in. */
const API_KEY_HEADERS: ReadonlySet<string> = new Set(['api-key', 'authorization'])

/** The sources of a route itself. */
export function sourcesOf(route: PlacedRoute): PlacedSource[] {
  if (isClaimsRoute(route)) return itemsOf(at(route, 'sources'))
  const { value, ...place } = at(route, 'claims')
  return typeof value === 'string' ? [] : itemsOf({ ...place, value })
}

/** Routes and their sources. A claims route without its own sources uses the sources of an issue route. */
function listSources(routes: readonly PlacedRoute[]) {
  return routes.flatMap((route) => {
    const isBorrowing = isClaimsRoute(route) && !isGiven(at(route, 'sources'))
    const owner = isBorrowing
      ? routes.find((other) => isShownBy(other, at(route, 'of').value))
      : route
    return owner === undefined ? [] : sourcesOf(owner).map((source) => ({ route, source }))
  })
}

/** Finds sources that read variables which the path of a route with these sources does not have. */
export function findVariableProblems({ routes }: RuleContext): Problem[] {
  return listSources(routes).flatMap(({ route, source }) => {
    const path = at(route, isClaimsRoute(route) ? 'claims' : 'issue').value
    if (typeof path !== 'string') return []
    return namesOf(source)
      .variables.filter(({ value = '' }) => !variablesIn(path).includes(value))
      .map((name) => ({
        path: name.path,
        message: `there is no variable {${name.value}} in the path ${path}`
      }))
  })
}

/** Finds routes with `expiresAt` without exactly one remote source, whose reply has the time. */
export function findExpiryProblems({ routes }: RuleContext): Problem[] {
  return routes.flatMap((route): Problem[] => {
    const expiresAt = at(route, 'expiresAt')
    const remotes = sourcesOf(route).filter((source) => at(source, 'from').value === 'remote')
    if (!isGiven(expiresAt) || remotes.length === 1) return []
    const message = `expected one remote source with this time in its reply, found ${remotes.length}`
    return [{ path: expiresAt.path, message }]
  })
}

/** Finds sources that would pass the API key of a client on, to a remote or into a token. */
export function findApiKeyProblems({ routes }: RuleContext): Problem[] {
  return listSources(routes)
    .filter(({ route }) => at(route, 'auth').value !== undefined)
    .flatMap(({ source }) => namesOf(source).headers)
    .filter(({ value = '' }) => API_KEY_HEADERS.has(value))
    .map(({ path }) => ({
      path,
      message: 'expected another header, since the API key of a client may be in this one'
    }))
}

/** Finds `certificate` sources of routes whose listener asks no client for a certificate. */
export function findCertificateProblems(
  listen: Placed<PartialOf<Config['listen']>>,
  { routes, listenerOf }: RuleContext
): Problem[] {
  return listSources(routes).flatMap(({ route, source }) => {
    const { value: from, path } = at(source, 'from')
    const listener = listenerOf(route)
    if (from !== 'certificate' || listener === undefined) return []
    const asked = at(at(at(listen, listener), 'tls'), 'clientCertificate').value
    if (asked === 'request' || asked === 'require') return []
    return [
      {
        path,
        message: `the listener ${listener} asks no client for a certificate, expected tls with clientCertificate: request or require`
      }
    ]
  })
}
