/** Routes that name keys which are not there, or which cannot do what the route asks of them. */
import { type PlacedRoute, type RuleContext, signersOf } from '../../protocols/rules.ts'
import { at, isGiven, itemsOf, type Placed } from '../../settings/placed.ts'
import { formatPath, type Problem } from '../../settings/problem.ts'
import { sourcesOf } from './sources.ts'

/** Finds out whether there are no keys although routes need some. */
export function findMissingKeys(keys: Placed<unknown>, { routes }: RuleContext): Problem[] {
  if (isGiven(keys)) return []
  const needs = routes.flatMap(listNeeds).map(({ path }) => formatPath(path))
  return needs.length === 0
    ? []
    : [{ path: keys.path, message: `expected a list of keys, needed by ${needs.join(', ')}` }]
}

/** The settings of a route that mean nothing without a key: what issues, publishes and revokes, own verifiers, and service bearers. */
function listNeeds(route: PlacedRoute): Placed<unknown>[] {
  const verify = at(route, 'verify')
  return [
    at(route, 'issue'),
    at(route, 'keys'),
    ...(isGiven(verify) ? [] : [at(route, 'revoke')]),
    ...itemsOf(verify).map((verifier) => at(verifier, 'keys')),
    ...sourcesOf(route).map((source) => at(source, 'bearer'))
  ].filter(isGiven)
}

/** Finds routes that name keys which are not there. */
export function findReferenceProblems({ routes, keys }: RuleContext): Problem[] {
  const kids = keys.map((key) => at(key, 'kid').value)
  return routes
    .flatMap((route) => [
      at(route, 'key'),
      at(route, 'dynamicKey'),
      ...itemsOf(at(route, 'verify')).flatMap((verifier) => {
        const { value, ...place } = at(verifier, 'keys')
        return value === 'all' ? [] : itemsOf({ ...place, value })
      })
    ])
    .flatMap(({ value, path }) =>
      value === undefined || kids.includes(value)
        ? []
        : [{ path, message: `there is no key with the kid ${value}` }]
    )
}

/** Finds routes whose tokens nothing could sign: a public key verifies only. */
export function findSignerProblems({ routes, keys }: RuleContext): Problem[] {
  return routes.flatMap((route): Problem[] => {
    const [issue, name] = [at(route, 'issue'), at(route, 'key')]
    if (!isGiven(issue)) return []
    const candidates = signersOf(name, keys)
    const canNone = candidates.every((key) => at(key, 'origin').value === 'public')
    if (candidates.length === 0 || !canNone) return []
    const { path } = isGiven(name) ? name : issue
    return [{ path, message: 'expected a key that can sign, found public keys only' }]
  })
}
