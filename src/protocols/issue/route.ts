/** An `issue` route: request -> format reads it -> issue -> format answers. */

import {
  createGather,
  createIssue,
  createLifetimeOf,
  type IssueOptions
} from '../../issue/issue.ts'
import { createSign, createTokenId, type IssuedToken } from '../../issue/sign.ts'
import { createSources } from '../../issue/sources/registry.ts'
import type { BearerSigner } from '../../issue/sources/source-kind.ts'
import type { Answer } from '../exchange.ts'
import {
  addPassed,
  createAddCookie,
  createIssueRequest,
  createRouteAttempts,
  noteIssued
} from '../issuing.ts'
import type { ReadBody } from '../json-body.ts'
import type { Described, RouteBuilder } from '../protocol.ts'
import { withRelay } from '../relay.ts'
import { createRoute, type Route, type WireFormat } from '../route.ts'
import { assertSiteFor } from '../same-site.ts'
import type { Services } from '../services.ts'
import { describeIssuing } from './openapi.ts'
import { createConfiguredRefreshing, createRefreshRoute } from './refresh-route.ts'
import type { IssueRouteConfig } from './settings.ts'

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

/** A product's wire format for issuing tokens. */
export interface IssueProtocol extends Described<IssueRouteConfig> {
  readonly createFormat: CreateIssueFormat
}

/** Makes the builder of routes that issue tokens in one wire format. */
export function createIssueBuilder<Name extends string>({
  createFormat,
  describe,
  schemas = {}
}: IssueProtocol): RouteBuilder<IssueRouteConfig<Name>> {
  return {
    create: (config, services) => createIssueRoutes(config, createFormat, services),
    describe: (config) => describeIssuing(config, describe(config)),
    schemas
  }
}

/** @returns the route, and the route where its refresh tokens are exchanged, if it has them */
function createIssueRoutes(
  config: IssueRouteConfig,
  createFormat: CreateIssueFormat,
  services: Services
): Route[] {
  const { issuer, limits, keyStore, revocation, now } = services
  const signer: BearerSigner = (key = config.key, typ) => keyStore.signer(key, typ)
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
  const format = withRelay(createFormat(config, limits), config)
  const addCookie = createAddCookie(config.cookie)
  const attempt = createRouteAttempts({ ...config, path: config.issue }, services)
  const apiKeys = config.auth?.apiKeys
  const assertSite = assertSiteFor(config, services)
  const issueRoute = createRoute({
    path: config.issue,
    format,
    assertSite,
    apiKeys,
    isCostly: true,
    maxRequests: config.limits.requests,
    maxBodyBytes: limits.body,
    async respond(exchange) {
      const request = createIssueRequest(exchange, format.read(exchange), limits.depth)
      const issued = await (attempt === undefined ? issue(request) : attempt(request, issue))
      const answer = addCookie(format.answer(issued), issued)
      noteIssued(exchange, issued, services)
      return addPassed(answer, exchange)
    }
  })
  if (refreshing === undefined || config.refresh === undefined) return [issueRoute]
  return [
    issueRoute,
    createRefreshRoute(config.refresh.route, refreshing, {
      format,
      addCookie,
      assertSite,
      apiKeys,
      services
    })
  ]
}

function toLifetime({ lifetime }: IssueRouteConfig): IssueOptions['lifetimeSeconds'] {
  return typeof lifetime === 'number' ? lifetime : createLifetimeOf(lifetime.body, lifetime.max)
}
