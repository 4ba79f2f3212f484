/** What a route requires of verified tokens: their times, issuer, audience, subject, claims and scopes, and that they are not revoked. */
import type * as z from 'zod'
import { insufficientScope, invalidToken } from '../errors.ts'
import { type JsonPath, parseJsonPath, valueAtPath } from '../json/json-path.ts'
import type { VerifiedClaims } from '../keys/token.ts'
import type { RevocationRequirement } from '../revocation/requirement.ts'
import { BEARER_MARK } from '../service-bearer-mark.ts'
import type { Requirement } from './check.ts'
import type { Named } from './explain.ts'
import type { requireSchema } from './require-settings.ts'

/** The settings of a route that its requirements come from; times are in seconds. */
export interface RequireSettings {
  readonly require: z.output<typeof requireSchema>
  readonly requireExp: boolean
  readonly skew: number
}

export interface RequirementsOptions {
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Left out where tokens cannot be revoked. */
  readonly revocation?: Pick<RevocationRequirement, 'isNotRevoked' | 'countOpenCheck'> | undefined
}

/** Makes the requirements of a route. Those that make a token invalid come first: an expired token gets no answer about scopes. */
export function createRequirements(
  settings: RequireSettings,
  options: RequirementsOptions
): readonly Requirement[] {
  const named = nameRequirements(settings, options).map(({ step }) => step)
  const { revocation } = options
  return revocation === undefined ? named : [...named, revocation.countOpenCheck]
}

/** The same with names, for a report: without the last one, which only counts. */
export function nameRequirements(
  { require, requireExp, skew }: RequireSettings,
  { now, revocation }: RequirementsOptions
): readonly Named<Requirement>[] {
  const { issuer, audience, sub, claims, scopes, maxAge } = require
  const time = createTimeRequirement(now, {
    skewSeconds: skew,
    requireExp,
    maxAgeSeconds: maxAge
  })
  const all: readonly Named<Requirement | undefined>[] = [
    { name: 'no service bearer', step: isNoServiceBearer },
    { name: 'times', step: time },
    { name: 'revocation', step: revocation?.isNotRevoked },
    { name: 'require.issuer', step: issuer && createIssuerRequirement(issuer) },
    { name: 'require.audience', step: audience && createAudienceRequirement(audience) },
    { name: 'require.sub', step: sub ? hasSubject : undefined },
    { name: 'require.claims', step: claims && createClaimsRequirement(toRequiredClaims(claims)) },
    { name: 'require.scopes', step: scopes && createScopesRequirement(scopes) }
  ]
  return all.flatMap(({ name, step }) => (step === undefined ? [] : [{ name, step }]))
}

function toRequiredClaims(claims: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(claims).map(([path, value]) => ({ path: parseJsonPath(path), value }))
}

/** The service bearer is for the remote alone, although its signature may be of the same key (RFC 8725, section 3.12). */
export const isNoServiceBearer: Requirement = function isNoServiceBearer({ claims }) {
  if (claims[BEARER_MARK.claim] === BEARER_MARK.value) {
    throw invalidToken('Token is a service bearer, which is for the remote alone', 'bearer')
  }
}

export interface TimeOptions {
  /** Clock difference that is tolerated, in seconds. Default 0. */
  readonly skewSeconds?: number | undefined
  /** Whether a token has to have an `exp`. Default false. */
  readonly requireExp?: boolean | undefined
  /** The maximum age of a token from its `iat` on. Default: until its `exp`. */
  readonly maxAgeSeconds?: number | undefined
}

/** The default tolerance: clocks synchronized by NTP differ by less. */
export const DEFAULT_SKEW_SECONDS = 5

/**
 * No RFC rejects a token for its `iat`, which shows its age. A fresh token of a server whose clock is ahead is valid.
 * One that is further ahead shows a wrong clock or issuer.
 */
const MOST_FUTURE_SECONDS = 60

/**
 * The token is valid now: `nbf` has passed, `exp` has not, and `iat` is at most a minute ahead (RFC 7519, sections 4.1.4 to 4.1.6).
 * @param now the clock, in milliseconds since 1970
 */
export function createTimeRequirement(now: () => number, options: TimeOptions = {}): Requirement {
  const { skewSeconds = 0, requireExp = false, maxAgeSeconds } = options
  const mostFutureSeconds = Math.max(skewSeconds, MOST_FUTURE_SECONDS)

  return function isValidNow({ claims: { exp, nbf, iat }, isOpaque }) {
    const seconds = now() / 1000
    if (exp !== undefined && seconds - skewSeconds >= numericDate('exp', exp)) {
      throw invalidToken('Token is expired', 'expired')
    }
    if (nbf !== undefined && seconds + skewSeconds < numericDate('nbf', nbf)) {
      throw invalidToken('Token is not valid yet', 'not_yet')
    }
    if (iat !== undefined && numericDate('iat', iat) - seconds > mostFutureSeconds) {
      throw invalidToken('Token is issued in the future', 'future')
    }
    if (exp === undefined && requireExp && isOpaque !== true)
      throw invalidToken('Token has no exp', 'no_exp')
    if (maxAgeSeconds === undefined) return
    if (iat === undefined) throw invalidToken('Token has no iat', 'no_iat')
    if (seconds - numericDate('iat', iat) > maxAgeSeconds + skewSeconds) {
      throw invalidToken('Token is too old', 'too_old')
    }
  }
}

/** `1e400` reads as Infinity: a token that would never expire, which no issuer intends. */
function numericDate(name: 'exp' | 'nbf' | 'iat', value: unknown): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalidToken(`Token has an ${name} that is no time in seconds`, 'malformed')
}

/** The token is from one of the issuers, compared character by character (RFC 7519, section 4.1.1). */
export function createIssuerRequirement(issuers: readonly string[]): Requirement {
  return function isFromIssuer({ claims: { iss } }) {
    if (typeof iss === 'string' && issuers.includes(iss)) return
    const found = lacks('iss', iss) ?? 'is not from an issuer that is accepted'
    throw invalidToken(`Token ${found}`, 'issuer')
  }
}

/**
 * One of the audiences is among the audiences of the token (RFC 7519, section 4.1.3).
 * @param audiences the names of this service, or of the service that it checks for
 */
export function createAudienceRequirement(audiences: readonly string[]): Requirement {
  return function isForAudience({ claims: { aud } }) {
    const isFor = Array.isArray(aud)
      ? aud.some((one) => audiences.includes(one))
      : typeof aud === 'string' && audiences.includes(aud)
    if (isFor) return
    const found = lacks('aud', aud) ?? 'is for another audience'
    throw invalidToken(`Token ${found}`, 'audience')
  }
}

/** The token has a subject (RFC 7519, section 4.1.2). */
export const hasSubject: Requirement = function hasSubject({ claims: { sub } }) {
  const found = lacks('sub', sub)
  if (found !== undefined) throw invalidToken(`Token ${found}`, 'subject')
}

/** The error for a token whose claim is no text with a name in it; undefined for one that names something. */
function lacks(claim: 'iss' | 'aud' | 'sub', value: unknown): string | undefined {
  if (value === undefined) return `has no ${claim}`
  const names = claim === 'aud' && Array.isArray(value) ? value : [value]
  if (names.every((name) => name === '')) return `has an empty ${claim}`
  if (names.some((name) => typeof name === 'string' && name !== '')) return undefined
  return `has ${claim === 'sub' ? 'a' : 'an'} ${claim} that is not text`
}

/** A claim, and the value that it equals, or contains where it is a list. */
export interface RequiredClaim {
  readonly path: JsonPath
  readonly value: string | number | boolean
}

/** All of the claims are present. Values have the same type and are equal: `"1"` is not `1`. */
export function createClaimsRequirement(required: readonly RequiredClaim[]): Requirement {
  return function hasClaims({ claims }) {
    for (const { path, value } of required) {
      const found = valueAtPath(claims, path)
      if (found === value || (Array.isArray(found) && found.includes(value))) continue
      const name = path.join('.')
      const message =
        found === undefined
          ? `Token does not have the claim ${name} that is required`
          : `Token has the claim ${name}, but not with the value that is required`
      throw insufficientScope(message, 'claim')
    }
  }
}

export interface RequiredScopes {
  readonly scopes: readonly string[]
  /** Whether all of them are required, or any one. */
  readonly match: 'all' | 'any'
}

/** Scopes are in `scope` (RFC 8693, section 4.2) or `scp`, as text with spaces between them or as a list. */
export function createScopesRequirement({ scopes, match }: RequiredScopes): Requirement {
  const scope = scopes.join(' ')
  const several =
    match === 'all'
      ? 'Token does not have all scopes that are required'
      : 'Token has none of the scopes that would do'
  const message = scopes.length > 1 ? several : 'Token does not have the scope that is required'

  return function hasScopes({ claims }) {
    const given = scopesOf(claims)
    const isGiven = (one: string) => given.includes(one)
    if (match === 'all' ? scopes.every(isGiven) : scopes.some(isGiven)) return
    throw insufficientScope(message, 'scope', { scope })
  }
}

function scopesOf({ scope, scp }: VerifiedClaims): readonly unknown[] {
  return [scope, scp].flatMap((value) =>
    typeof value === 'string' ? value.split(' ') : Array.isArray(value) ? value : []
  )
}
