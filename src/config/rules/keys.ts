/** Routes that name unknown keys, or keys that cannot do what the route needs. */
import { type PlacedRoute, type RuleContext, signersOf } from '../../protocols/rules.ts'
import { at, isGiven, itemsOf, type Placed } from '../../settings/placed.ts'
import { formatPath, type Problem } from '../../settings/problem.ts'
import { sourcesOf } from './sources.ts'

/** Reports missing keys where routes need some. */
export function findMissingKeys(keys: Placed<unknown>, { routes }: RuleContext): Problem[] {
  if (isGiven(keys)) return []
  const needs = routes.flatMap(listNeeds).map(({ path }) => formatPath(path))
  return needs.length === 0
    ? []
    : [{ path: keys.path, message: `expected a list of keys, needed by ${needs.join(', ')}` }]
}

/** The settings of a route that need a key: issuing, publishing and revoking, own verifiers, and service bearers. */
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

/** Finds routes that name unknown keys. */
export function findReferenceProblems({ routes, keys }: RuleContext): Problem[] {
  const kids = keys.map((key) => at(key, 'kid').value)
  return routes
    .flatMap((route) => [
      at(route, 'key'),
      at(route, 'dynamicKey'),
      ...sourcesOf(route).map((source) => at(source, 'bearerKey')),
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

/** Finds routes whose tokens no key can sign: a public key only verifies. */
export function findSignerProblems({ routes, keys }: RuleContext): Problem[] {
  return routes.flatMap((route): Problem[] => {
    const [issue, name] = [at(route, 'issue'), at(route, 'key')]
    const bearerKeys = sourcesOf(route).map((source) => at(source, 'bearerKey'))
    return [
      ...(isGiven(issue) && canNoneSign(name) ? [isGiven(name) ? name : issue] : []),
      ...bearerKeys.filter((key) => isGiven(key) && canNoneSign(key))
    ].map(({ path }) => ({
      path,
      message: 'expected a key that can sign, found public keys only'
    }))
  })

  function canNoneSign(name: Placed<string>): boolean {
    const candidates = signersOf(name, keys)
    return candidates.length > 0 && candidates.every((key) => at(key, 'origin').value === 'public')
  }
}
