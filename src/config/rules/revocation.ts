/** Routes that revoke or refresh tokens without the settings that this needs. */
import type { RuleContext } from '../../protocols/rules.ts'
import { at, isGiven } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { sourcesOf } from './sources.ts'

/** Finds revoke and refresh settings without `revocation`, refresh settings without one remote, and TLS without a rediss:// store. */
export function findRevocationProblems(context: RuleContext): Problem[] {
  return [
    ...findUnrevocable(context),
    ...findStoreProblems(context),
    ...findRemotelessRefreshes(context)
  ]
}

function findUnrevocable({ routes, revocation }: RuleContext): Problem[] {
  if (isGiven(revocation)) return []
  return routes
    .flatMap((route) => [at(route, 'revoke'), at(route, 'refresh')])
    .filter(isGiven)
    .map(({ path }) => ({
      path,
      message: 'expected the setting revocation to be there too'
    }))
}

function findStoreProblems({ revocation }: RuleContext): Problem[] {
  const [store, tls] = [at(revocation, 'store').value, at(revocation, 'tls')]
  const isTls = store?.kind === 'redis' && store.isTls
  return store === undefined || isTls || !isGiven(tls)
    ? []
    : [{ path: tls.path, message: 'only goes with a rediss:// store' }]
}

/** A refresh renews the claims of a remote, so exactly one remote must be configured. */
function findRemotelessRefreshes({ routes }: RuleContext): Problem[] {
  return routes.flatMap((route): Problem[] => {
    const refresh = at(route, 'refresh')
    const remotes = sourcesOf(route).filter((source) => at(source, 'from').value === 'remote')
    if (!isGiven(refresh) || remotes.length === 1) return []
    const message = `expected one remote source in claims to renew, found ${remotes.length}`
    return [{ path: refresh.path, message }]
  })
}
