/** Issues refresh tokens: with the first token of a login, and with each later one, for which the remote is called again. */
import { ServiceError } from '../../errors.ts'
import { writeObject } from '../../json/json-members.ts'
import type { JsonText } from '../../json/json-text.ts'
import { duration, size } from '../../settings/quantities.ts'
import { routePath } from '../../settings/route-paths.ts'
import { section } from '../../settings/section.ts'
import { httpUrl } from '../../settings/urls.ts'
import type { Claims } from '../claims.ts'
import type { Gather, Issue, IssueRequest, Source } from '../issue.ts'
import type { IssuedToken, Sign } from '../sign.ts'
import { type ClaimsInParts, type FamilyTokens, mergeParts } from './family-state.ts'
import type { RefreshFamilies, RefreshUse } from './refresh-families.ts'

/** The settings of an issue route with refresh tokens. */
export const refresh = section({
  route: routePath.describe('Path that a refresh token is exchanged on, by POST.'),
  lifetime: duration('1m', '3650d')
    .prefault('30d')
    .describe('How long a refresh token is valid. It can be used once. Default: 30d.'),
  recheck: httpUrl
    .refine((url) => !/[{}]/.test(url), { error: 'expected a URL without variables' })
    .describe(
      'The URL that is called before each new token, by POST of `{"sub", "claims"}`. Its reply is used like the reply of the remote source.'
    ),
  size: size('512B', '1MiB')
    .prefault('16KiB')
    .describe(
      'The most that is stored for one login: its claims, and about 300 bytes. A login that needs more gets a token without a refresh token. Default: 16KiB.'
    )
})
  .optional()
  .describe(
    'Issues a single-use refresh token with each token. It needs `revocation`, and one remote source. Default: none.'
  )

export interface RefreshingOptions {
  /** The sources before and after the remote one, which wins over the former and not over the latter. */
  readonly before: Gather
  readonly remote: Source
  readonly after: Gather
  /** The remote source of each later token: it gets `{"sub", "claims"}` of the previous token. */
  readonly recheck: Source
  readonly sign: Sign
  /** The `iss` claim where no source gave one. */
  readonly issuer: string | undefined
  readonly lifetimeSeconds: number
  readonly families: RefreshFamilies
}

export interface Refreshing {
  /** Issues a token, and a refresh token with it, where the store has room for that. */
  readonly issue: Issue
  /**
   * Exchanges a refresh token for the next of both.
   * Where the remote rejects the subject, the family ends; after any other error the refresh token can be used again.
   */
  readonly refresh: (refreshToken: string, request: IssueRequest) => Promise<IssuedToken>
}

/** These 4xx do not reject the subject: the remote wants the same call later. */
const RETRY_STATUSES: ReadonlySet<number> = new Set([408, 425, 429])

/** Makes the pipeline of a route with refresh tokens. */
export function createRefreshing(options: RefreshingOptions): Refreshing {
  const { before, remote, after, recheck, sign, issuer, lifetimeSeconds, families } = options

  async function signParts(parts: ClaimsInParts, family: string, { limit }: IssueRequest) {
    const validity = { lifetimeSeconds, expiresAt: limit.expiresAt, family }
    return sign(mergeParts(parts), validity)
  }

  function describeToken(parts: ClaimsInParts, { id, expiresAt }: IssuedToken): FamilyTokens {
    if (id === undefined) throw new TypeError('tokens with refresh tokens have a jti')
    return { issuer: stringClaim(mergeParts(parts), 'iss') ?? issuer, expiresAt }
  }

  async function recheckClaims({ state, name }: RefreshUse, request: IssueRequest) {
    const body = Buffer.from(writeRecheckBody(mergeParts(state.claims)))
    const claims = { ...state.claims, remote: await recheck({ ...request, body }) }
    return { claims, issued: await signParts(claims, name, request) }
  }

  return {
    async issue(request) {
      const claims = {
        before: await before(request),
        remote: await remote(request),
        after: await after(request)
      }
      const family = families.create()
      const issued = await signParts(claims, family.name, request)
      const token = describeToken(claims, issued)
      return { ...issued, ...(await families.begin(family, { claims, token })) }
    },

    async refresh(refreshToken, request) {
      const use = await families.take(refreshToken)
      try {
        const { claims, issued } = await recheckClaims(use, request)
        const token = describeToken(claims, issued)
        return { ...issued, ...(await families.rotate(use, { claims, token })) }
      } catch (error) {
        if (isRejection(error)) await families.end(use)
        // While the store is unavailable, the use expires by itself.
        else await families.release(use).catch(() => undefined)
        throw error
      }
    }
  }
}

/** The value of a claim that is a string; undefined for any other. */
export function stringClaim(claims: Claims, name: string): string | undefined {
  const text = claims.get(name)
  const value: unknown = text === undefined ? undefined : JSON.parse(text)
  return typeof value === 'string' ? value : undefined
}

function writeRecheckBody(claims: Claims): JsonText {
  const sub = claims.get('sub')
  const question = new Map([['claims', writeObject(claims)]])
  return writeObject(sub === undefined ? question : new Map([['sub', sub], ...question]))
}

function isRejection(error: unknown): boolean {
  if (!(error instanceof ServiceError) || error.remoteStatus === undefined) return false
  const { remoteStatus } = error
  return remoteStatus >= 400 && remoteStatus < 500 && !RETRY_STATUSES.has(remoteStatus)
}
