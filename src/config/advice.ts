/** Settings that are allowed but unwise: each has a section in docs/advice.md with the reason. */
import { setsSubject } from '../issue/sources/registry.ts'
import { isSymmetric } from '../keys/algorithms.ts'
import { isLoopback } from '../settings/hosts.ts'
import type { Problem } from '../settings/problem.ts'
import { longestLifetimeSeconds } from '../settings/tokens.ts'
import { NEEDS_FULL_FORM } from './flat-form.ts'
import type { Config } from './full-form.ts'
import { listenerOf, MAIN, openListeners, operationsListener } from './listeners.ts'

type AdviceKind =
  | 'no_issuer'
  | 'long_lifetime'
  | 'shared_secret'
  | 'plain_http'
  | 'no_subject'
  | 'public_metrics'
  | 'no_attempts'

export interface Advice extends Problem {
  readonly kind: AdviceKind
}

interface Found extends Pick<Advice, 'kind' | 'path'> {
  /** Why it is unwise. */
  readonly reason: string
  readonly remedy: string
}

type IssueConfig = Extract<Config['routes'][number], { readonly issue: string }>

/** With a longer lifetime, a leaked token stays valid for longer than anyone watches a log. */
const LONG_SECONDS = 24 * 3600

/** The settings of the flat form that advice is about, or would be, and the remedies where they are others than in the full form. */
const FLAT: Readonly<Record<AdviceKind, Partial<Found> & Pick<Found, 'path'>>> = {
  no_issuer: { path: [], remedy: `an issuer ${NEEDS_FULL_FORM}` },
  long_lifetime: {
    path: ['expHours'],
    remedy: `expected 24 at most; a refresh token for users who stay logged in for longer ${NEEDS_FULL_FORM}`
  },
  shared_secret: {
    path: ['encKey'],
    remedy: `with more than one, expected services that ask checkTokenRoute; a key pair such as ES256 ${NEEDS_FULL_FORM}`
  },
  plain_http: { path: ['remote'] },
  no_subject: {
    path: ['subject'],
    remedy: 'expected the path of the user in the reply of the remote, such as subject: id'
  },
  public_metrics: { path: ['port'], remedy: `another listener ${NEEDS_FULL_FORM}` },
  no_attempts: {
    path: ['remote'],
    remedy: `expected a limit in the proxy in front; a limit here ${NEEDS_FULL_FORM}`
  }
}

/**
 * Finds them in an otherwise valid configuration.
 * @param isFlat whether the configuration is in the flat form: the settings have its names
 */
export function findAdvice(config: Config, isFlat: boolean): Advice[] {
  return findFullAdvice(config).map((found) => {
    const { kind, path, reason, remedy } = isFlat ? { ...found, ...FLAT[found.kind] } : found
    return { kind, path, message: `${reason}; ${remedy}` }
  })
}

function findFullAdvice(config: Config): Found[] {
  return [
    ...findIssuerAdvice(config),
    ...findKeyAdvice(config),
    ...findRouteAdvice(config),
    ...findMetricsAdvice(config),
    ...findPlainHttp(config, [])
  ]
}

function findIssuerAdvice({ issuer, routes }: Config): Found[] {
  if (issuer !== undefined || !routes.some((route) => 'issue' in route)) return []
  const reason =
    'tokens have no iss, so that a service that accepts two issuers cannot tell them apart'
  return [
    { kind: 'no_issuer', path: ['issuer'], reason, remedy: 'expected the URL of this service' }
  ]
}

function findKeyAdvice({ keys, routes }: Config): Found[] {
  if (!routes.some((route) => 'issue' in route)) return []
  return keys.flatMap(({ alg }, index): Found[] => {
    if (!isSymmetric(alg)) return []
    return [
      {
        kind: 'shared_secret',
        path: ['keys', index, 'alg'],
        reason: `every service that verifies ${alg} by the secret can also sign`,
        remedy:
          'with more than one, expected a key pair such as ES256, or services that ask a check route'
      }
    ]
  })
}

function findRouteAdvice({ routes, revocation }: Config): Found[] {
  return routes.flatMap((route, index): Found[] => {
    if (!('issue' in route)) return []
    const seconds = 'lifetime' in route ? longestLifetimeSeconds(route.lifetime) : 0
    const path = ['routes', index]
    const hours = Math.round(seconds / 3600)
    return [
      ...(seconds > LONG_SECONDS
        ? [
            {
              kind: 'long_lifetime' as const,
              path: [...path, 'lifetime'],
              reason: `a token is valid for ${hours} hours${revocation === undefined ? ', and cannot be revoked' : ''}`,
              remedy:
                'expected 24h at most, with refresh tokens where users stay logged in for longer'
            }
          ]
        : []),
      ...(hasNoSubject(route)
        ? [
            {
              kind: 'no_subject' as const,
              path: [...path, 'claims'],
              reason:
                'tokens have no sub, so that neither the log nor a revocation can find those of one user',
              remedy: 'expected pick: { sub: ... } in the remote source'
            }
          ]
        : []),
      ...(takesLogins(route)
        ? [
            {
              kind: 'no_attempts' as const,
              path: [...path, 'attempts'],
              reason: 'anybody may try as many passwords as the remote lets them',
              remedy: 'expected a limit, here or in the proxy in front'
            }
          ]
        : [])
    ]
  })
}

/** With krakend the reply is the claims, and with supertokens the client sends them: their content is unknown. */
function hasNoSubject(route: IssueConfig): boolean {
  if (route.protocol === 'krakend' || route.protocol === 'supertokens') return false
  return !setsSubject(route.claims)
}

function takesLogins(route: IssueConfig): boolean {
  if ('attempts' in route && route.attempts !== undefined) return false
  const { claims, auth } = route as { claims?: unknown; auth?: unknown }
  return (
    auth === undefined &&
    Array.isArray(claims) &&
    claims.some(({ from = 'remote' }: { from?: string }) => from === 'remote')
  )
}

function findMetricsAdvice(config: Config): Found[] {
  const { routes } = config
  const host = openListeners(config).get(MAIN)?.host
  if (host === undefined || isLoopback(host)) return []
  const about = {
    kind: 'public_metrics' as const,
    reason:
      'metrics and health are on the listener of the clients, who can read how many logins fail',
    remedy: 'expected listen.admin'
  }
  const open = routes.flatMap((route, index): Found[] => {
    if (!('metrics' in route) || route.auth !== undefined) return []
    if (listenerOf(route, config) !== MAIN) return []
    return [{ ...about, path: ['routes', index, 'metrics'] }]
  })
  return operationsListener(config) === MAIN
    ? [{ ...about, path: ['listen', 'admin'] }, ...open]
    : open
}

/** Settings with an address that is called with credentials or tokens, or whose reply decides about access. */
const CALLED: ReadonlySet<string> = new Set([
  'url',
  'endpoint',
  'jwks',
  'jwksUrl',
  'discover',
  'recheck'
])

/** Finds plain HTTP to another machine, anywhere in the configuration. */
function findPlainHttp(value: unknown, path: readonly PropertyKey[]): Found[] {
  if (Array.isArray(value))
    return value.flatMap((one, index) => findPlainHttp(one, [...path, index]))
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, one]) => findPlainHttp(one, [...path, name]))
  }
  const isCalled = CALLED.has(String(path.at(-1))) && typeof value === 'string'
  if (!isCalled || !URL.canParse(value)) return []
  const { protocol, hostname } = new URL(value)
  if (protocol !== 'http:' || isLoopback(hostname.replace(/^\[|\]$/g, ''))) return []
  const reason =
    'passwords, tokens or keys go over the network in clear, and whoever is on it can change them'
  return [{ kind: 'plain_http', path, reason, remedy: 'expected https://' }]
}
