/** A route of the protocol supertokens: the issue pipeline, with two keys to choose from. */
import { createGather } from '../../issue/issue.ts'
import { createSign, createTokenId, type Sign } from '../../issue/sign.ts'
import { createSources } from '../../issue/sources/registry.ts'
import { createAddCookie, createIssueRequest, noteIssued } from '../issuing.ts'
import type { RouteBuilder } from '../protocol.ts'
import { createRoute, type Route } from '../route.ts'
import type { Services } from '../services.ts'
import {
  createSupertokensFormat,
  UNSUPPORTED_ALGORITHM,
  VERSIONS,
  versionPathOf
} from './format.ts'
import { describeSupertokens, SCHEMAS } from './openapi.ts'
import type { SupertokensRouteConfig } from './settings.ts'

export const builder = {
  create: createSupertokensRoutes,
  describe: (config) => describeSupertokens(config, versionPathOf(config.issue)),
  schemas: SCHEMAS
} satisfies RouteBuilder<SupertokensRouteConfig>

/** The route itself, and the one by which a client finds out which version of the interface it may use. */
function createSupertokensRoutes(config: SupertokensRouteConfig, services: Services): Route[] {
  const { limits, keyStore } = services
  const format = createSupertokensFormat({
    mostSeconds: config.lifetime,
    maxDepth: limits.depth
  })
  const addCookie = createAddCookie(config.cookie, services)
  const gather = createGather(createSources(config.claims, keyStore.signer(config.key), services))
  const signStatic = createSignWith(config.key, services)
  const signDynamic = createSignWith(config.dynamicKey, services)
  return [
    createRoute({
      path: config.issue,
      format,
      isCostly: true,
      apiKeys: config.auth?.apiKeys,
      maxRequests: config.limits.requests,
      maxBodyBytes: limits.body,
      async respond(exchange) {
        const asked = format.read(exchange)
        if (asked === undefined) return UNSUPPORTED_ALGORITHM
        const gathered = await gather(createIssueRequest(exchange, exchange.body, limits.depth))
        const claims = gathered.size === 0 ? asked.claims : new Map([...asked.claims, ...gathered])
        const sign = asked.useStaticKey ? signStatic : signDynamic
        const issued = await sign(claims, { lifetimeSeconds: asked.validitySeconds })
        noteIssued(exchange, issued.token, services)
        return addCookie(format.answer(issued), issued, exchange)
      }
    }),
    // The core asks for no key here either.
    createRoute({
      path: versionPathOf(config.issue),
      format: { ...format, methods: ['GET'] },
      respond: () => VERSIONS
    })
  ]
}

function createSignWith(key: string, { keyStore, revocation, now, limits }: Services): Sign {
  return createSign({
    signer: keyStore.signer(key),
    now,
    createId: revocation === undefined ? undefined : createTokenId,
    maxTokenLength: limits.token
  })
}
