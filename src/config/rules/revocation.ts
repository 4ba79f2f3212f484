/** Routes that revoke or refresh tokens without the required settings. */
import { setsSubject } from '../../issue/sources/registry.ts'
import type { RuleContext } from '../../protocols/rules.ts'
import { at, isGiven } from '../../settings/placed.ts'
import type { Problem, Warning } from '../../settings/problem.ts'
import type { Config } from '../full-form.ts'
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

/** Finds routes that revoke subjects beside routes whose tokens have none: revoking would be answered with 200, and have no effect. */
export function findSubjectless({ routes }: Config): Warning[] {
  const subjectless = routes.flatMap((route) =>
    'issue' in route && isOfSources(route) && !setsSubject(route.claims) ? [route.issue] : []
  )
  if (subjectless.length === 0) return []
  return routes.flatMap((route, index): Warning[] => {
    if (!('revoke' in route) || route.auth === undefined) return []
    const message = `tokens of ${subjectless.join(', ')} have no sub, so that no subject of them can be revoked; expected pick: { sub: ... } in its remote source, or subjects that are never revoked here`
    return [{ kind: 'no_subject', path: ['routes', index, 'revoke'], message }]
  })
}

type IssueConfig = Extract<Config['routes'][number], { readonly issue: string }>

/** Whether the sources alone set the claims: with krakend the reply does, with supertokens also the client. */
function isOfSources(
  route: IssueConfig
): route is Exclude<IssueConfig, { readonly protocol: 'krakend' | 'supertokens' }> {
  return route.protocol !== 'krakend' && route.protocol !== 'supertokens'
}
