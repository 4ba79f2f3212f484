/** Sources that ask for something that their route does not have, or for what is not theirs. */

import type { Problem } from '../../settings/problem.ts'
import { variablesIn } from '../../settings/route-paths.ts'
import { itemsOf, type Use, useOf, valueAt } from './tree.ts'

/** The headers that a client may give its API key in. */
const API_KEY_HEADERS: ReadonlySet<string> = new Set(['api-key', 'authorization'])
const API_KEY_MESSAGE =
  'expected another header, since the API key of a client may stand in this one'

/** A list of sources as a route uses it, and where it is given. */
interface Sources {
  readonly route: unknown
  readonly items: readonly unknown[]
  readonly at: Problem['path']
}

/** Finds sources that read variables which the path of a route with these sources does not have. */
export function findVariableProblems(tree: unknown): Problem[] {
  return sourcesIn(tree).flatMap(({ route, items, at }) => {
    const [path] = [...useOf(route, 'issue', []), ...useOf(route, 'claims', [])]
    const known = variablesIn(path?.text ?? '')
    return items
      .flatMap((source, index) => variablesOf(source, [...at, index]))
      .filter(({ text }) => !known.includes(text))
      .map(({ text, at }) => ({
        path: at,
        message: `there is no variable {${text}} in the path ${path?.text}`
      }))
  })
}

/** Finds routes with `expiresAt` that have no remote source to say it, or more than one. */
export function findExpiryProblems(tree: unknown): Problem[] {
  return itemsOf(tree, 'routes').flatMap((route, index): Problem[] => {
    if (valueAt(route, ['expiresAt']) === undefined) return []
    const remotes = itemsOf(route, 'claims').filter(
      (source) => valueAt(source, ['from']) === 'remote'
    )
    if (remotes.length === 1) return []
    const message = `expected one remote source that says so, found ${remotes.length}`
    return [{ path: ['routes', index, 'expiresAt'], message }]
  })
}

/** Finds sources that would pass the API key of a client on, to a remote or into a token. */
export function findApiKeyProblems(tree: unknown): Problem[] {
  return sourcesIn(tree).flatMap(({ route, items, at }) => {
    const auth = valueAt(route, ['auth'])
    // Where everybody is no default, everybody is `none`.
    if (auth === undefined || auth === 'none') return []
    return items
      .flatMap((source, index) => headersOf(source, [...at, index]))
      .filter(({ text }) => API_KEY_HEADERS.has(text.toLowerCase()))
      .map(({ at: path }) => ({ path, message: API_KEY_MESSAGE }))
  })
}

/** The headers of the client that a source reads. */
function headersOf(source: unknown, at: Problem['path']): Use[] {
  const forward = itemsOf(source, 'forward')
  return [
    ...useOf(source, 'header', at),
    ...itemsOf(source, 'metadata').flatMap((entry, index) =>
      useOf(entry, 'header', [...at, 'metadata', index])
    ),
    ...forward.flatMap((_header, index) => useOf(forward, index, [...at, 'forward']))
  ]
}

/** The sources of each route that has some. A claims route that has none of its own uses those of an issue route. */
export function sourcesIn(tree: unknown): Sources[] {
  const routes = itemsOf(tree, 'routes')
  return routes.flatMap((route, index): Sources[] => {
    if (valueAt(route, ['issue']) !== undefined) {
      return [{ route, items: itemsOf(route, 'claims'), at: ['routes', index, 'claims'] }]
    }
    if (valueAt(route, ['claims']) === undefined) return []
    if (valueAt(route, ['sources']) !== undefined) {
      return [{ route, items: itemsOf(route, 'sources'), at: ['routes', index, 'sources'] }]
    }
    const of = valueAt(route, ['of'])
    const shown = routes.findIndex((other) => {
      const path = valueAt(other, ['issue'])
      return path !== undefined && (of === undefined || path === of)
    })
    return shown === -1
      ? []
      : [{ route, items: itemsOf(routes[shown], 'claims'), at: ['routes', shown, 'claims'] }]
  })
}

function variablesOf(source: unknown, at: Problem['path']): Use[] {
  const metadata = itemsOf(source, 'metadata')
  return [
    ...useOf(source, 'variable', at),
    ...metadata.flatMap((entry, index) => useOf(entry, 'variable', [...at, 'metadata', index])),
    ...useOf(source, 'url', at).flatMap(({ text, at }) =>
      variablesIn(text)
        .filter((name) => !metadata.some((entry) => valueAt(entry, ['name']) === name))
        .map((name) => ({ text: name, at }))
    )
  ]
}
