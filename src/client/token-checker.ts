/** Checks the tokens that a service gets. */
import { createCheck, type Requirement } from '../check/check.ts'
import {
  createAudienceRequirement,
  createClaimsRequirement,
  createIssuerRequirement,
  createScopesRequirement,
  createTimeRequirement,
  DEFAULT_SKEW_SECONDS,
  isNoServiceBearer
} from '../check/requirements.ts'
import type { VerifiedClaims } from '../keys/token.ts'
import { nameUrl } from './call-failure.ts'
import { TokenError, toTokenError } from './token-error.ts'
import { createVerification, type VerificationOptions } from './verification.ts'

export interface TokenCheckerOptions extends VerificationOptions {
  /** The `iss` that tokens must have, or several. Default: any, none included. */
  readonly issuer?: string | readonly string[] | undefined
  /** The audience, or several: `aud` must have one of them. Default: any. */
  readonly audience?: string | readonly string[] | undefined
  /** Whether tokens must expire (have `exp`). Default true: a token without `exp` is valid as long as its key. */
  readonly requireExp?: boolean | undefined
  /** Clock difference that is tolerated in `exp` and `nbf`, from 0 to 300 seconds; in `iat` a minute is in any case. Default 5. */
  readonly skewSeconds?: number | undefined
  /** Further requirements. A token that does not meet them is rejected with 403. */
  readonly require?: RequiredOfTokens | undefined
}

interface RequiredOfTokens {
  /** Values of claims; where a claim is a list, it contains the value. */
  readonly claims?: Readonly<Record<string, string | number | boolean>> | undefined
  /** `scope` or `scp` must have all of these. */
  readonly scopes?: readonly string[] | undefined
}

export interface TokenChecker {
  /**
   * Checks a token: form, signature, times, and requirements.
   * @param token a compact JWS; undefined where a request has none
   * @returns its claims
   * @throws TokenError with the status 401, 403 or 503; a token that cannot be checked is not accepted
   */
  readonly check: (token: string | undefined) => Promise<VerifiedClaims>
  /** Ends timers and connections. None of them keeps the process running. */
  readonly close: () => Promise<void>
}

const KNOWN_OPTIONS: Readonly<Record<keyof TokenCheckerOptions, true>> = {
  jwksUrl: true,
  secret: true,
  secretEncoding: true,
  endpoint: true,
  apiKey: true,
  algorithms: true,
  issuer: true,
  audience: true,
  requireExp: true,
  skewSeconds: true,
  require: true,
  allowHttp: true,
  tls: true,
  timeoutMs: true,
  onFailure: true,
  now: true,
  random: true,
  startTimer: true
}
const KNOWN_REQUIREMENTS: Readonly<Record<keyof RequiredOfTokens, true>> = {
  claims: true,
  scopes: true
}

/** Levels that the JSON of header and payload may nest. */
const MAX_DEPTH = 64
/** The same as for a check route. */
const MOST_SKEW_SECONDS = 300

/**
 * Makes a checker, once at the start of a service. The algorithm comes from the key, never from the token.
 * @throws TypeError for options that contradict each other, or that could never work
 */
export function createTokenChecker(options: TokenCheckerOptions): TokenChecker {
  assertKnownOptions('createTokenChecker', options, KNOWN_OPTIONS)
  const { now = Date.now } = options
  const onFailure = nameUrlOf(options)
  const requirements = createRequirements(options, now)
  const { verify, close } = createVerification({ ...options, onFailure })
  const checkToken = createCheck({ verifiers: [verify], requirements, maxDepth: MAX_DEPTH })

  return {
    async check(token) {
      if (token === undefined) {
        throw new TokenError('missing_token', 'no token present in request', { reason: 'missing' })
      }
      try {
        return (await checkToken(token)).claims
      } catch (error) {
        const tokenError = toTokenError(error)
        if (tokenError.code === 'check_unavailable') onFailure?.(causeOf(tokenError))
        throw tokenError
      }
    },
    close
  }
}

/** What `onFailure` gets has the URL; what `check` throws has not, since it may be shown to the sender of the token. */
function nameUrlOf({ jwksUrl, endpoint, onFailure }: TokenCheckerOptions) {
  const url = jwksUrl ?? endpoint
  if (onFailure === undefined || url === undefined) return onFailure
  return (error: Error) => onFailure(new Error(nameUrl(url, error), { cause: error }))
}

/** The cause is worth more to the log than an error that only reports that a check failed. */
function causeOf(error: TokenError): Error {
  return error.cause instanceof Error ? error.cause : error
}

function createRequirements(
  {
    issuer,
    audience,
    requireExp = true,
    skewSeconds = DEFAULT_SKEW_SECONDS,
    require = {}
  }: TokenCheckerOptions,
  now: () => number
): Requirement[] {
  assertKnownOptions('require', require, KNOWN_REQUIREMENTS)
  const { claims, scopes } = require
  if (typeof requireExp !== 'boolean') throw new TypeError('requireExp: expected true or false')
  if (typeof skewSeconds !== 'number' || !(skewSeconds >= 0 && skewSeconds <= MOST_SKEW_SECONDS)) {
    throw new TypeError(`skewSeconds: expected a number from 0 to ${MOST_SKEW_SECONDS}`)
  }
  if (scopes !== undefined && !areTexts(scopes)) {
    throw new TypeError('require.scopes: expected a list of texts')
  }
  return [
    isNoServiceBearer,
    createTimeRequirement(now, { requireExp, skewSeconds }),
    ...(issuer === undefined ? [] : [createIssuerRequirement([issuer].flat())]),
    ...(audience === undefined ? [] : [createAudienceRequirement([audience].flat())]),
    ...(claims === undefined ? [] : [createClaimsRequirement(toRequiredClaims(claims))]),
    ...(scopes === undefined ? [] : [createScopesRequirement({ scopes, match: 'all' })])
  ]
}

/** Their names are names, not paths: most programs that require a claim with a dot in its name mean just that. */
function toRequiredClaims(claims: Readonly<Record<string, string | number | boolean>>) {
  return Object.entries(claims).map(([name, value]) => {
    // Every token without such a claim would match an undefined value.
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new TypeError(`require.claims: expected text, a number, true or false for ${name}`)
    }
    return { path: [name], value }
  })
}

function areTexts(given: readonly unknown[]): boolean {
  return Array.isArray(given) && given.every((one) => typeof one === 'string')
}

/**
 * Makes sure that all options are known: a misspelt one would leave something unchecked without notice. Types do so
 * too, but not every service uses them.
 * @param place what the message begins with
 * @throws TypeError that names the unknown one, and the known ones
 */
function assertKnownOptions<Options extends object>(
  place: string,
  options: Options,
  known: Readonly<Record<keyof Options, true>>
): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name))
  if (unknown === undefined) return
  throw new TypeError(
    `${place}: unknown option ${unknown}, expected ${Object.keys(known).join(', ')}`
  )
}
