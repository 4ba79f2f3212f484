/** An `issue` route: request -> format reads it -> issue -> format answers. */
import { createGather, createIssue, type IssueOptions } from '../../issue/issue.ts'
import { createLifetimeOf } from '../../issue/lifetime.ts'
import { createSign, type IssuedToken } from '../../issue/sign.ts'
import { addressesOfSources, createSources } from '../../issue/sources/registry.ts'
import { createTokenId } from '../../issue/token-id.ts'
import { type Address, addressIn } from '../../remote/address.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import type { Answer } from '../exchange.ts'
import { createAddCookie, noteIssued } from '../issued-token.ts'
import type { ReadBody } from '../json-body.ts'
import type { Described, RouteKind } from '../protocol.ts'
import { createRoute, type Route, type WireFormat } from '../route.ts'
import type { Services } from '../services.ts'
import { createIssueRequest } from './issue-request.ts'
import { describeIssuing } from './openapi.ts'
import { createConfiguredRefreshing, createRefreshRoute } from './refresh-route.ts'
import { type IssueRouteConfig, issueRouteSchema } from './settings.ts'

/** How a request for a token carries its input, and how the answer carries the token. */
export interface IssueFormat extends WireFormat {
  /** Reads the client's JSON, byte for byte. */
  readonly read: ReadBody
  readonly answer: (issued: IssuedToken) => Answer
}

/** Makes the wire format of one route. */
export type CreateIssueFormat = (
  config: IssueRouteConfig,
  limits: Services['limits']
) => IssueFormat

/** A product's wire format for issuing tokens, with all that has to be known of it. */
export interface IssueProtocol<Name extends string = string> extends Described<IssueRouteConfig> {
  readonly name: Name
  readonly createFormat: CreateIssueFormat
}

/** The kind of route that issues tokens. */
interface IssueKind<Name extends string> extends RouteKind<IssueRouteConfig<Name>> {
  readonly settings: (reader: SecretReader) => ReturnType<typeof issueRouteSchema<Name>>
}

/** Makes the kind of route that issues tokens in one of several wire formats. */
export function createIssueKind<Name extends string>(
  protocols: readonly [IssueProtocol<Name>, ...IssueProtocol<Name>[]]
): IssueKind<Name> {
  const byName = new Map<string, IssueProtocol>(protocols.map((one) => [one.name, one]))
  const [first, ...others] = protocols

  function protocolOf({ protocol }: IssueRouteConfig): IssueProtocol {
    return byName.get(protocol) ?? first
  }

  return {
    verb: 'issue',
    protocols: protocols.map(({ name }) => name),
    steps: ['claims'],
    addresses: addressesOf,
    settings: (reader: SecretReader) =>
      issueRouteSchema<Name>(reader, [first.name, ...others.map(({ name }) => name)]),
    create: (config, services) =>
      createIssueRoutes(config, protocolOf(config).createFormat, services),
    describe: (config) => describeIssuing(config, protocolOf(config).describe(config)),
    schemas: Object.assign({}, ...protocols.map(({ schemas }) => schemas))
  }
}

function addressesOf({ claims, refresh }: IssueRouteConfig): Address[] {
  const recheck = refresh === undefined ? [] : [addressIn(refresh, 'recheck', 'http')]
  return [
    ...addressesOfSources('claims', claims),
    ...recheck.map((address) => ({ ...address, setting: ['refresh', ...address.setting] }))
  ]
}

/** @returns the route, and the one that its refresh tokens are exchanged on, if it has such */
function createIssueRoutes(
  config: IssueRouteConfig,
  createFormat: CreateIssueFormat,
  services: Services
): Route[] {
  const { issuer, limits, keyStore, revocation, now } = services
  const signer = keyStore.signer(config.key)
  const sign = createSign({
    signer: keyStore.signer(config.key, config.typ),
    issuer,
    now,
    notBeforeSeconds: config.notBefore,
    createId: config.jti || revocation !== undefined ? createTokenId : undefined,
    maxTokenLength: limits.token
  })
  const refreshing =
    revocation === undefined
      ? undefined
      : createConfiguredRefreshing(config, { signer, sign, revocation }, services)
  const issue =
    refreshing?.issue ??
    createIssue({
      gather: createGather(createSources(config.claims, signer, services, config.expiresAt)),
      sign,
      lifetimeSeconds: toLifetime(config)
    })
  const format = createFormat(config, limits)
  const addCookie = createAddCookie(config.cookie, services)
  const apiKeys = config.auth?.apiKeys
  const issueRoute = createRoute({
    path: config.issue,
    format,
    apiKeys,
    maxRequests: config.limits.requests,
    maxBodyBytes: limits.body,
    async respond(exchange) {
      const issued = await issue(createIssueRequest(exchange, format.read(exchange), limits.depth))
      noteIssued(exchange, issued.token, services)
      return addCookie(format.answer(issued), issued, exchange)
    }
  })
  if (refreshing === undefined || config.refresh === undefined) return [issueRoute]
  return [
    issueRoute,
    createRefreshRoute(config.refresh.route, refreshing, { format, addCookie, apiKeys, services })
  ]
}

function toLifetime({ lifetime }: IssueRouteConfig): IssueOptions['lifetimeSeconds'] {
  return typeof lifetime === 'number' ? lifetime : createLifetimeOf(lifetime.body, lifetime.max)
}
