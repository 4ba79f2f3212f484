/** What a route requires of tokens becomes the requirements of a pipeline. */
import type { Requirement } from '../check/check.ts'
import { createAudienceRequirement } from '../check/requirements/audience-requirement.ts'
import { isNoServiceBearer } from '../check/requirements/bearer-requirement.ts'
import { createClaimsRequirement } from '../check/requirements/claims-requirement.ts'
import { createIssuerRequirement } from '../check/requirements/issuer-requirement.ts'
import { createScopesRequirement } from '../check/requirements/scopes-requirement.ts'
import { hasSubject } from '../check/requirements/subject-requirement.ts'
import { createTimeRequirement } from '../check/requirements/time-requirement.ts'
import { parseJsonPath } from '../json/json-path.ts'
import type { CheckRouteConfig } from '../protocols/check/settings.ts'
import type { ConfiguredRevocation } from '../server/configured-revocation.ts'

export interface RequirementsOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Left out where tokens cannot be revoked. */
  readonly revocation?: Pick<ConfiguredRevocation, 'isNotRevoked' | 'countOpenCheck'> | undefined
}

/** What makes a token no good comes first, what makes it not good enough last: nobody is told of scopes by a token that has ended. */
export function createRequirements(
  { require, requireExp, skew }: Pick<CheckRouteConfig, 'require' | 'requireExp' | 'skew'>,
  { now, revocation }: RequirementsOptions
): readonly Requirement[] {
  const { issuer, audience, sub, claims, scopes, maxAge } = require
  const time = createTimeRequirement(now, {
    skewSeconds: skew / 1000,
    requireExp,
    maxAgeSeconds: maxAge === undefined ? undefined : maxAge / 1000
  })
  return [
    isNoServiceBearer,
    time,
    ...(revocation === undefined ? [] : [revocation.isNotRevoked]),
    ...(issuer === undefined ? [] : [createIssuerRequirement(issuer)]),
    ...(audience === undefined ? [] : [createAudienceRequirement(audience)]),
    ...(sub ? [hasSubject] : []),
    ...(claims === undefined ? [] : [createClaimsRequirement(toRequiredClaims(claims))]),
    ...(scopes === undefined ? [] : [createScopesRequirement(scopes)]),
    ...(revocation === undefined ? [] : [revocation.countOpenCheck])
  ]
}

function toRequiredClaims(claims: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(claims).map(([path, value]) => ({ path: parseJsonPath(path), value }))
}
