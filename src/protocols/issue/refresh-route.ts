/** The `refresh` setting of an issue route: its pipeline, and the route that refresh tokens are exchanged on. */

import { ServiceError } from '../../errors.ts'
import { createGather } from '../../issue/issue.ts'
import { mergeParts } from '../../issue/refresh/family-state.ts'
import { createRefreshing, type Refreshing, stringClaim } from '../../issue/refresh/refresh.ts'
import { createRefreshFamilies } from '../../issue/refresh/refresh-families.ts'
import type { Sign } from '../../issue/sign.ts'
import { createSources } from '../../issue/sources/registry.ts'
import type { BearerSigner } from '../../issue/sources/source-kind.ts'
import { hasTwice } from '../../json/json-members.ts'
import { longestLifetimeSeconds } from '../../settings/tokens.ts'
import { readForm } from '../form.ts'
import { type AddCookie, addPassed, createIssueRequest, noteIssued } from '../issuing.ts'
import { invalidRequest, readJsonBody, startsWithBrace } from '../json-body.ts'
import { createRoute, type Route, type RouteOptions } from '../route.ts'
import type { Services } from '../services.ts'
import { tokenBodyBytes } from '../token-limits.ts'
import type { IssueFormat } from './route.ts'
import type { IssueRouteConfig } from './settings.ts'

/** A use of a refresh token takes the time of the remote, and this for everything else. */
const USE_MARGIN_MS = 10_000

export interface RefreshingParts {
  readonly signer: BearerSigner
  readonly sign: Sign
  readonly revocation: NonNullable<Services['revocation']>
}

/** The pipeline of an issue route with refresh tokens; undefined for one without. */
export function createConfiguredRefreshing(
  { issue, on, claims, refresh, lifetime, expiresAt }: IssueRouteConfig,
  { signer, sign, revocation }: RefreshingParts,
  services: Services
): Refreshing | undefined {
  const place = claims.findIndex(({ from }) => from === 'remote')
  const remote = claims[place]
  if (refresh === undefined || remote?.from !== 'remote') return undefined
  const { issuer, now } = services
  const { records, revoke, isRevoked } = revocation
  const [askRemote, recheck] = createSources(
    [
      remote,
      {
        ...remote,
        url: refresh.recheck,
        method: 'POST',
        send: 'body',
        body: undefined,
        onError: 'fail'
      }
    ],
    signer,
    services,
    expiresAt
  )
  if (askRemote === undefined || recheck === undefined) return undefined
  return createRefreshing({
    before: createGather(createSources(claims.slice(0, place), signer, services)),
    remote: askRemote,
    after: createGather(createSources(claims.slice(place + 1), signer, services)),
    recheck,
    sign,
    issuer,
    lifetimeSeconds: longestLifetimeSeconds(lifetime),
    families: createRefreshFamilies({
      records,
      revoke,
      isSubjectRevoked({ claims: parts, tokens, issuedAt }) {
        const sub = stringClaim(mergeParts(parts), 'sub')
        return isRevoked({ claims: { iss: tokens.at(-1)?.issuer, sub, iat: issuedAt } })
      },
      route: `${on} ${issue}`,
      lifetimeMs: refresh.lifetime,
      longestUseMs: remote.timeout + USE_MARGIN_MS,
      maxBytes: refresh.size,
      now
    })
  })
}

export interface RefreshRouteOptions {
  readonly format: IssueFormat
  readonly addCookie: AddCookie
  readonly assertSite: RouteOptions['assertSite']
  readonly apiKeys: readonly string[] | undefined
  readonly services: Services
}

/** request -> refresh token -> the remote again -> format answers */
export function createRefreshRoute(
  path: string,
  { refresh }: Refreshing,
  { format, addCookie, assertSite, apiKeys, services }: RefreshRouteOptions
): Route {
  const { limits } = services
  return createRoute({
    path,
    format: { ...format, methods: ['POST'] },
    assertSite,
    apiKeys,
    isCostly: true,
    maxBodyBytes: tokenBodyBytes(limits),
    async respond(exchange) {
      const { body } = exchange
      const given = readRefreshToken(body, limits.depth)
      const issued = await refresh(given, createIssueRequest(exchange, body, limits.depth))
      const answer = addCookie(format.answer(issued), issued)
      noteIssued(exchange, issued, services)
      return addPassed(answer, exchange)
    }
  })
}

/**
 * Reads `grant_type=refresh_token&refresh_token=...` or `{"refresh_token": "..."}`; the content shows which.
 * @param maxDepth levels that the JSON may nest
 * @throws ServiceError `invalid_request`, or `unsupported_grant_type` for a form that asks for something else
 */
function readRefreshToken(body: Buffer, maxDepth: number): string {
  const token = startsWithBrace(body) ? tokenOfJson(body, maxDepth) : tokenOfForm(body)
  if (typeof token !== 'string' || token === '') throw invalidRequest('expected a refresh_token')
  return token
}

function tokenOfForm(body: Buffer): string | undefined {
  const form = readForm(body)
  const [grant, ...others] = form.getAll('grant_type')
  if (others.length > 0) throw invalidRequest('expected one grant_type')
  if (grant !== undefined && grant !== 'refresh_token') {
    throw new ServiceError('unsupported_grant_type', 'expected the grant_type refresh_token', {
      status: 400
    })
  }
  const tokens = form.getAll('refresh_token')
  if (tokens.length > 1) throw invalidRequest('expected one refresh_token')
  return tokens[0]
}

function tokenOfJson(body: Buffer, maxDepth: number): unknown {
  const { text, value } = readJsonBody(body, maxDepth)
  if (hasTwice(text, 'refresh_token')) throw invalidRequest('expected one refresh_token')
  return (value as Record<string, unknown>).refresh_token
}
