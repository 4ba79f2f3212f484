/**
 * Rules that span the keys of a configuration: what no single setting can know to be wrong. They look at the file as its
 * author wrote it, so that what they find is told along with what is wrong in single settings.
 */
import { DEFAULT_ROUTES } from './flat-form.ts'
import { valueAt } from './issues.ts'
import type { Problem } from './problems.ts'

/** Paths that the service answers itself, for those who operate it. */
export const OPERATION_PATHS = ['/livez', '/readyz', '/healthz', '/metrics'] as const

/** Where the public keys are published (RFC 8615), if there are any. */
export const JWK_SET_PATH = '/.well-known/jwks.json'
export const DISCOVERY_PATH = '/.well-known/openid-configuration'

/** The settings of a route that hold its path. */
const VERBS = ['issue', 'check', 'keys'] as const

/** A text that has a meaning elsewhere in the configuration, and where it is given. */
interface Use {
  readonly text: string
  readonly at: Problem['path']
}

/** Finds what is wrong between the settings of a flat form. */
export function findFlatProblems(tree: unknown): Problem[] {
  const routes = Object.entries(DEFAULT_ROUTES).flatMap(([setting, path]) =>
    valueAt(tree, [setting]) === undefined
      ? [{ text: path, at: [setting] }]
      : useOf(tree, setting, [])
  )
  return findRouteProblems(routes, false)
}

/** Finds what is wrong between the settings of a full form. */
export function findFullProblems(tree: unknown): Problem[] {
  const routes = itemsOf(tree, 'routes').flatMap((route, index) =>
    VERBS.flatMap((verb) => useOf(route, verb, ['routes', index]))
  )
  const hasAdmin = valueAt(tree, ['listen', 'admin']) !== undefined
  return [
    ...findRouteProblems(routes, hasAdmin),
    ...findReferenceProblems(tree),
    ...findSignerProblems(tree)
  ]
}

/** Finds routes that would hide each other, or the paths that the service answers itself. */
function findRouteProblems(routes: readonly Use[], hasAdmin: boolean): Problem[] {
  const reserved: readonly string[] = [
    ...(hasAdmin ? [] : OPERATION_PATHS),
    JWK_SET_PATH,
    DISCOVERY_PATH
  ]
  return routes.flatMap(({ text, at }, index): Problem[] => {
    if (reserved.includes(text)) {
      return [
        { path: at, message: `${text} is answered by the service itself, expected another path` }
      ]
    }
    return routes.slice(0, index).some((other) => other.text === text)
      ? [{ path: at, message: `${text} is a route already, expected another path` }]
      : []
  })
}

/** Finds routes that name keys which are not there. */
function findReferenceProblems(tree: unknown): Problem[] {
  const kids = itemsOf(tree, 'keys').map((key) => valueAt(key, ['kid']))
  const uses = itemsOf(tree, 'routes').flatMap((route, index) => [
    ...useOf(route, 'key', ['routes', index]),
    ...itemsOf(route, 'verify').flatMap((verifier, place) => {
      const names = itemsOf(verifier, 'keys')
      return names.flatMap((_name, item) =>
        useOf(names, item, ['routes', index, 'verify', place, 'keys'])
      )
    })
  ])
  return uses
    .filter(({ text }) => !kids.includes(text))
    .map(({ text, at }) => ({ path: at, message: `there is no key with the kid ${text}` }))
}

/** Finds routes whose tokens nothing could sign: a public key verifies only. */
function findSignerProblems(tree: unknown): Problem[] {
  const keys = itemsOf(tree, 'keys')
  return itemsOf(tree, 'routes').flatMap((route, index): Problem[] => {
    if (valueAt(route, ['issue']) === undefined) return []
    const name = valueAt(route, ['key'])
    const candidates = keys.filter((key) => name === undefined || valueAt(key, ['kid']) === name)
    const canNone = candidates.every((key) => valueAt(key, ['public']) !== undefined)
    if (candidates.length === 0 || !canNone) return []
    const at = name === undefined ? 'issue' : 'key'
    return [
      {
        path: ['routes', index, at],
        message: 'expected a key that can sign, found public keys only'
      }
    ]
  })
}

function itemsOf(tree: unknown, key: PropertyKey): unknown[] {
  const value = valueAt(tree, [key])
  return Array.isArray(value) ? value : []
}

/** What is no text is the schema's to tell. */
function useOf(tree: unknown, key: PropertyKey, path: Problem['path']): Use[] {
  const value = valueAt(tree, [key])
  return typeof value === 'string' ? [{ text: value, at: [...path, key] }] : []
}
