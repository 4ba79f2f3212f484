/** Every kind of route and every wire format, for everything that needs all of them: settings, rules, routes, OpenAPI. */
import { addressesOfGroups } from '../check/groups/registry.ts'
import { addressesOfVerifiers } from '../check/verifiers/registry.ts'
import { addressesOfSources } from '../issue/sources/registry.ts'
import { type Address, addressIn } from '../remote/address.ts'
import type { SecretReader } from '../settings/secrets.ts'
import type { CheckProtocol } from './check/route.ts'
import { type CheckRouteConfig, type CheckRule, checkRouteSchema } from './check/settings.ts'
import { type ClaimsRouteConfig, claimsRouteSchema } from './claims/settings.ts'
import { findClaimsProblems } from './claims/sources.ts'
import { findForwardAuthProblems, forwardAuthSettings } from './forward-auth/settings.ts'
import { introspectionSettings } from './introspection/rules.ts'
import type { IssueProtocol } from './issue/route.ts'
import { type IssueRouteConfig, issueRouteSchema } from './issue/settings.ts'
import {
  findKrakendProblems,
  type KrakendRouteConfig,
  krakendRouteSchema
} from './krakend/settings.ts'
import { findLogoutProblems, type LogoutRouteConfig, logoutRouteSchema } from './logout/settings.ts'
import { findOauthProblems } from './oauth/rules.ts'
import {
  type HealthRouteConfig,
  healthRouteSchema,
  type MetricsRouteConfig,
  metricsRouteSchema
} from './operations/settings.ts'
import type { ProtocolEntry, RouteKind } from './protocol.ts'
import { type KeysRouteConfig, keysRouteSchema } from './published-keys/settings.ts'
import { type RevokeRouteConfig, revokeRouteSchema } from './revocation/settings.ts'
import type { Rule } from './rules.ts'
import {
  findSupertokensProblems,
  type SupertokensRouteConfig,
  supertokensRouteSchema
} from './supertokens/settings.ts'
import { findThemisProblems } from './themis/rules.ts'

/** The wire formats that tokens are issued in; the first is the default. */
const ISSUE_PROTOCOLS = [
  { name: 'txtoken', load: () => import('./txtoken/issue-format.ts') },
  { name: 'oauth', rules: [findOauthProblems], load: () => import('./oauth/format.ts') },
  { name: 'themis', rules: [findThemisProblems], load: () => import('./themis/format.ts') }
] as const satisfies readonly ProtocolEntry<string, IssueProtocol>[]

/** A wire format for checking tokens, and its requirements on the settings of its routes. */
interface CheckEntry extends ProtocolEntry<string, CheckProtocol> {
  readonly settings?: readonly CheckRule[]
}

/** The wire formats that tokens are checked in; the first is the default. */
const CHECK_PROTOCOLS = [
  { name: 'txtoken', load: () => import('./txtoken/check-format.ts') },
  { name: 'okera', load: () => import('./okera/format.ts') },
  {
    name: 'introspection',
    settings: introspectionSettings,
    load: () => import('./introspection/format.ts')
  },
  {
    name: 'forward-auth',
    settings: forwardAuthSettings,
    rules: [findForwardAuthProblems],
    load: () => import('./forward-auth/format.ts')
  }
] as const satisfies readonly CheckEntry[]

type IssueName = (typeof ISSUE_PROTOCOLS)[number]['name']
type CheckName = (typeof CHECK_PROTOCOLS)[number]['name']

/** One route of a configuration. */
export type RouteConfig =
  | IssueRouteConfig<IssueName>
  | KrakendRouteConfig
  | SupertokensRouteConfig
  | ClaimsRouteConfig
  | CheckRouteConfig<CheckName>
  | KeysRouteConfig
  | RevokeRouteConfig
  | LogoutRouteConfig
  | HealthRouteConfig
  | MetricsRouteConfig

/** The schema of each kind, in the order of the reference. */
export function routeSchemas(reader: SecretReader) {
  return [
    issueRouteSchema(reader, namesOf(ISSUE_PROTOCOLS)),
    krakendRouteSchema(reader),
    supertokensRouteSchema(reader),
    claimsRouteSchema(reader),
    checkRouteSchema(reader, CHECK_PROTOCOLS),
    keysRouteSchema(reader),
    revokeRouteSchema(reader),
    logoutRouteSchema(),
    healthRouteSchema(reader),
    metricsRouteSchema(reader)
  ] as const
}

/** Such routes answer by themselves, without steps. */
const CONNECTS_TO_NOTHING = { steps: [], addresses: () => [] }

/** All kinds of routes. */
export const ROUTE_KINDS: readonly RouteKind<RouteConfig>[] = [
  {
    verb: 'issue',
    protocols: namesOf(ISSUE_PROTOCOLS),
    steps: ['claims'],
    addresses: ({ claims, refresh }: IssueRouteConfig<IssueName>) => [
      ...addressesOfSources('claims', claims),
      ...addressesOfRefresh(refresh)
    ],
    rules: rulesOf(ISSUE_PROTOCOLS),
    async load({ protocol: name }: IssueRouteConfig<IssueName>) {
      const { createIssueBuilder } = await import('./issue/route.ts')
      return createIssueBuilder<IssueName>(await loadProtocol(ISSUE_PROTOCOLS, name))
    }
  },
  {
    verb: 'issue',
    protocols: ['krakend'],
    steps: ['claims'],
    addresses: ({ claims }: KrakendRouteConfig) => addressesOfSources('claims', claims),
    rules: [findKrakendProblems],
    load: async () => (await import('./krakend/route.ts')).builder
  },
  {
    verb: 'issue',
    protocols: ['supertokens'],
    steps: ['claims'],
    addresses: ({ claims }: SupertokensRouteConfig) => addressesOfSources('claims', claims),
    rules: [findSupertokensProblems],
    load: async () => (await import('./supertokens/route.ts')).builder
  },
  {
    verb: 'claims',
    steps: ['sources'],
    addresses: ({ sources }: ClaimsRouteConfig) => addressesOfSources('sources', sources),
    rules: [findClaimsProblems],
    load: async () => (await import('./claims/route.ts')).builder
  },
  {
    verb: 'check',
    protocols: namesOf(CHECK_PROTOCOLS),
    steps: ['verify', 'groups'],
    addresses: ({ verify, groups }: CheckRouteConfig<CheckName>) => [
      ...addressesOfVerifiers('verify', verify),
      ...addressesOfGroups('groups', groups)
    ],
    rules: rulesOf(CHECK_PROTOCOLS),
    async load({ protocol: name }: CheckRouteConfig<CheckName>) {
      const { createCheckBuilder } = await import('./check/route.ts')
      return createCheckBuilder<CheckName>(await loadProtocol(CHECK_PROTOCOLS, name))
    }
  },
  {
    verb: 'keys',
    ...CONNECTS_TO_NOTHING,
    load: async () => (await import('./published-keys/route.ts')).builder
  },
  {
    verb: 'revoke',
    steps: ['verify'],
    addresses: ({ verify }: RevokeRouteConfig) => addressesOfVerifiers('verify', verify),
    load: async () => (await import('./revocation/route.ts')).builder
  },
  {
    verb: 'logout',
    ...CONNECTS_TO_NOTHING,
    rules: [findLogoutProblems],
    load: async () => (await import('./logout/route.ts')).builder
  },
  {
    verb: 'health',
    ...CONNECTS_TO_NOTHING,
    load: async () => (await import('./operations/builders.ts')).healthBuilder
  },
  {
    verb: 'metrics',
    ...CONNECTS_TO_NOTHING,
    load: async () => (await import('./operations/builders.ts')).metricsBuilder
  }
]

/** The settings that hold the path of a route, and decide its kind. */
export const ROUTE_VERBS = [...new Set(ROUTE_KINDS.map(({ verb }) => verb))]

/** Whether a route is of any kind. True for what is not even a map, which is another problem. */
export function hasVerb(route: unknown): boolean {
  if (typeof route !== 'object' || route === null || Array.isArray(route)) return true
  return ROUTE_VERBS.some((verb) => Object.hasOwn(route, verb))
}

/** The kind of a route. */
export function kindOf(route: RouteConfig): RouteKind<RouteConfig> {
  const protocol = 'protocol' in route ? route.protocol : undefined
  const found = ROUTE_KINDS.find(
    ({ verb, protocols }) =>
      Object.hasOwn(route, verb) && (protocols === undefined || protocols.includes(protocol ?? ''))
  )
  if (found === undefined) throw new TypeError('a route of no kind')
  return found
}

function addressesOfRefresh(refresh: IssueRouteConfig['refresh']): Address[] {
  if (refresh === undefined) return []
  const address = addressIn(refresh, 'recheck', 'http')
  return [{ ...address, setting: ['refresh', ...address.setting] }]
}

function namesOf<Name extends string>(
  protocols: readonly [{ readonly name: Name }, ...{ readonly name: Name }[]]
): [Name, ...Name[]] {
  const [first, ...others] = protocols
  return [first.name, ...others.map(({ name }) => name)]
}

function rulesOf(protocols: readonly ProtocolEntry<string, unknown>[]): readonly Rule[] {
  return protocols.flatMap(({ rules = [] }) => rules)
}

async function loadProtocol<Loaded>(
  protocols: readonly ProtocolEntry<string, Loaded>[],
  wanted: string
): Promise<Loaded> {
  const found = protocols.find(({ name }) => name === wanted)
  if (found === undefined) throw new TypeError(`no protocol ${wanted}`)
  return (await found.load()).protocol
}
