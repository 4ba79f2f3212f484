/** Routes whose tokens end when somebody else says, where something has to be kept for as long as a token lives. */
import type { Problem } from '../../settings/problem.ts'
import { itemsOf, valueAt } from './tree.ts'

/** Finds krakend routes without a lifetime where generated keys or revocations have to outlive their tokens. */
export function findLifetimeProblems(tree: unknown): Problem[] {
  return itemsOf(tree, 'routes').flatMap((route, index): Problem[] => {
    if (valueAt(route, ['protocol']) !== 'krakend') return []
    if (valueAt(route, ['lifetime']) !== undefined) return []
    const path = ['routes', index, 'lifetime']
    return listKept(tree, route).map((kept) => ({
      path,
      message: `expected a lifetime, for ${kept} until the last token has ended`
    }))
  })
}

function listKept(tree: unknown, route: unknown): string[] {
  const name = valueAt(route, ['key'])
  const isGenerated = itemsOf(tree, 'keys')
    .filter((key) => name === undefined || valueAt(key, ['kid']) === name)
    .some((key) => valueAt(key, ['generate']) !== undefined)
  const isRevocable =
    valueAt(tree, ['revocation']) !== undefined &&
    valueAt(tree, ['revocation', 'keep']) === undefined
  return [
    ...(isGenerated ? ['generated keys are kept'] : []),
    ...(isRevocable ? ['revocations without `keep` are kept'] : [])
  ]
}
