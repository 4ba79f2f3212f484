/** Routes that name keys which are not there, or which cannot do what the route asks of them. */
import { formatPath, type Problem } from '../../settings/problem.ts'
import { itemsOf, useOf, valueAt } from './tree.ts'

/** Finds out whether there are no keys although routes need some. */
export function findMissingKeys(tree: unknown): Problem[] {
  if (valueAt(tree, ['keys']) !== undefined) return []
  const needs = itemsOf(tree, 'routes').flatMap((route, index) =>
    findNeeds(route).map((path) => formatPath(['routes', index, ...path]))
  )
  return needs.length === 0
    ? []
    : [{ path: ['keys'], message: `expected a list of keys, needed by ${needs.join(', ')}` }]
}

/** The settings of a route that mean nothing without a key: what issues, publishes and revokes, own verifiers, and service bearers. */
function findNeeds(route: unknown): Problem['path'][] {
  const verbs = ['issue', 'keys', 'revoke'].filter((verb) => valueAt(route, [verb]) !== undefined)
  const inLists = [
    ['verify', 'keys'],
    ['claims', 'bearer'],
    ['sources', 'bearer']
  ].flatMap(([list = '', setting = '']) =>
    itemsOf(route, list).flatMap((item, place) =>
      valueAt(item, [setting]) === undefined ? [] : [[list, place, setting]]
    )
  )
  const own = verbs.filter((verb) => verb !== 'revoke' || valueAt(route, ['verify']) === undefined)
  return [...own.map((verb) => [verb]), ...inLists]
}

/** Finds routes that name keys which are not there. */
export function findReferenceProblems(tree: unknown): Problem[] {
  const kids = itemsOf(tree, 'keys').map((key) => valueAt(key, ['kid']))
  const uses = itemsOf(tree, 'routes').flatMap((route, index) => [
    ...useOf(route, 'key', ['routes', index]),
    ...useOf(route, 'dynamicKey', ['routes', index]),
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
export function findSignerProblems(tree: unknown): Problem[] {
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

/** Finds keys of another algorithm than the only one that SuperTokens clients ask for. */
export function findSupertokensKeyProblems(tree: unknown): Problem[] {
  const keys = itemsOf(tree, 'keys')
  return itemsOf(tree, 'routes').flatMap((route, index): Problem[] => {
    if (valueAt(route, ['protocol']) !== 'supertokens') return []
    const uses = ['key', 'dynamicKey'].flatMap((name) => useOf(route, name, ['routes', index]))
    return uses.flatMap(({ text, at }) => {
      const key = keys.find((one) => valueAt(one, ['kid']) === text)
      const [alg] = useOf(key, 'alg', [])
      return alg === undefined || alg.text === 'RS256' || alg.text === 'RSA256'
        ? []
        : [{ path: at, message: `expected a key with the alg RS256, found ${alg.text}` }]
    })
  })
}

/** Finds keys without a name where the wire format wants one in the header of each token. */
export function findNamelessKeys(tree: unknown): Problem[] {
  const route = itemsOf(tree, 'routes').findIndex(
    (one) => valueAt(one, ['protocol']) === 'themis' && valueAt(one, ['key']) === undefined
  )
  if (route === -1) return []
  return itemsOf(tree, 'keys').flatMap((key, index): Problem[] => {
    const signs = ['secret', 'private'].some((origin) => valueAt(key, [origin]) !== undefined)
    if (!signs || valueAt(key, ['kid']) !== undefined) return []
    const message = `expected a kid, which routes[${route}] (protocol: themis) puts into the header of tokens`
    return [{ path: ['keys', index], message }]
  })
}
