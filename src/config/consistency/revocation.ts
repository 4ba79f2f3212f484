/** Routes that revoke or refresh tokens without what they lean on. */
import type { Problem } from '../../settings/problem.ts'
import { itemsOf, useOf, valueAt } from './tree.ts'

/** Finds revoke and refresh settings without `revocation`, refresh settings without one remote, and TLS without a rediss:// store. */
export function findRevocationProblems(tree: unknown): Problem[] {
  const hasRevocation = valueAt(tree, ['revocation']) !== undefined
  const store = useOf(valueAt(tree, ['revocation']), 'store', ['revocation'])
  const hasTls = valueAt(tree, ['revocation', 'tls']) !== undefined
  return [
    ...(hasRevocation ? [] : findLeaningRoutes(tree)),
    ...store.flatMap(({ text }) =>
      hasTls && !text.startsWith('rediss:')
        ? [{ path: ['revocation', 'tls'], message: 'expected a rediss:// store to go with it' }]
        : []
    ),
    ...findRemotelessRefreshes(tree)
  ]
}

function findLeaningRoutes(tree: unknown): Problem[] {
  return itemsOf(tree, 'routes').flatMap((route, index): Problem[] =>
    ['revoke', 'refresh']
      .filter((setting) => valueAt(route, [setting]) !== undefined)
      .map((setting) => ({
        path: ['routes', index, setting],
        message: 'there is no revocation, expected it to be configured'
      }))
  )
}

/** What a refresh renews is what the remote said, so there must be one, and no doubt which. */
function findRemotelessRefreshes(tree: unknown): Problem[] {
  return itemsOf(tree, 'routes').flatMap((route, index): Problem[] => {
    if (valueAt(route, ['refresh']) === undefined) return []
    const sources = itemsOf(route, 'claims').map((source) => valueAt(source, ['from']))
    const remotes = sources.filter((from) => from === 'remote').length
    if (remotes === 1) return []
    return [
      {
        path: ['routes', index, 'refresh'],
        message: `expected one remote source in claims to renew, found ${remotes}`
      }
    ]
  })
}
