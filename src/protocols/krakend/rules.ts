/** The rule of krakend routes, whose tokens may expire when the remote decides. */
import { at, isGiven, type PartialOf, type Placed } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { type RuleContext, routesWith, signersOf } from '../rules.ts'
import type { KrakendRouteConfig } from './settings.ts'

/** Finds routes without a lifetime where generated keys or revocations have to be kept until the last token has expired. */
export function findKrakendProblems(context: RuleContext): Problem[] {
  return routesWith(context.routes, 'krakend').flatMap((route) => {
    const lifetime = at(route, 'lifetime')
    if (isGiven(lifetime)) return []
    return listKept(route, context).map((kept) => ({
      path: lifetime.path,
      message: `expected a lifetime, for ${kept} until the last token has expired`
    }))
  })
}

function listKept(
  route: Placed<PartialOf<KrakendRouteConfig>>,
  { keys, revocation }: RuleContext
): string[] {
  const isGenerated = signersOf(at(route, 'key'), keys).some(
    (key) => at(key, 'origin').value === 'generate'
  )
  const isRevocable = isGiven(revocation) && !isGiven(at(revocation, 'keep'))
  return [
    ...(isGenerated ? ['generated keys are kept'] : []),
    ...(isRevocable ? ['revocations without `keep` are kept'] : [])
  ]
}
