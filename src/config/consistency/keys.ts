/** Routes that name keys which are not there, or which cannot do what the route asks of them. */
import { valueAt } from '../issues.ts'
import type { Problem } from '../problems.ts'
import { itemsOf, useOf } from './tree.ts'

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
