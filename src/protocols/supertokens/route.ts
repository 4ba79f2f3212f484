/** A route of the protocol supertokens: the issue pipeline, with two keys to choose from. */
import { createGather } from '../../issue/issue.ts'
import { createSign, createTokenId, type Sign } from '../../issue/sign.ts'
import { createSources } from '../../issue/sources/registry.ts'
import { type Answer, type Exchange, jsonAnswer, NO_STORE, textAnswer } from '../exchange.ts'
import { addPassed, createAddCookie, createIssueRequest, noteIssued } from '../issuing.ts'
import { healthOf } from '../operations/route.ts'
import type { RouteBuilder } from '../protocol.ts'
import { createAnswerWithJwkSet, listJwks } from '../published-keys/jwk-set.ts'
import { createRoute, type Route } from '../route.ts'
import { assertSiteFor } from '../same-site.ts'
import type { Services } from '../services.ts'
import {
  assertMethod,
  coreFormat,
  createSupertokensFormat,
  TEXT_TYPE,
  UNSUPPORTED_ALGORITHM
} from './format.ts'
import { describeSupertokens, SCHEMAS } from './openapi.ts'
import { pathsOf, spellingsOf } from './paths.ts'
import type { SupertokensRouteConfig } from './settings.ts'
import { readVersion, VERSIONS } from './versions.ts'

export const builder = {
  create: createSupertokensRoutes,
  describe: describeSupertokens,
  schemas: SCHEMAS
} satisfies RouteBuilder<SupertokensRouteConfig>

/** The route itself, and the other paths that clients and operators call. */
function createSupertokensRoutes(config: SupertokensRouteConfig, services: Services): Route[] {
  const { limits, keyStore, now } = services
  const { issue, auth } = config
  const paths = pathsOf(issue)
  const format = createSupertokensFormat({
    mostSeconds: config.lifetime,
    maxDepth: limits.depth
  })
  const addCookie = createAddCookie(config.cookie)
  const gather = createGather(
    createSources(config.claims, (key = config.key, typ) => keyStore.signer(key, typ), services)
  )
  const signStatic = createSignWith(config.key, services)
  const signDynamic = createSignWith(config.dynamicKey, services)
  const routes = [
    createRoute({
      path: paths.issue,
      format,
      isCostly: true,
      assertSite: assertSiteFor(config, services),
      apiKeys: auth?.apiKeys,
      maxRequests: config.limits.requests,
      maxBodyBytes: limits.body,
      async respond(exchange) {
        const asked = format.read(exchange)
        if (asked === undefined) return UNSUPPORTED_ALGORITHM
        const gathered = await gather(createIssueRequest(exchange, exchange.body, limits.depth))
        const claims = gathered.size === 0 ? asked.claims : new Map([...asked.claims, ...gathered])
        const sign = asked.useStaticKey ? signStatic : signDynamic
        const issued = await sign(claims, { lifetimeSeconds: asked.validitySeconds })
        const answer = addCookie(format.answer(issued), issued)
        noteIssued(exchange, issued, services)
        return addPassed(answer, exchange)
      }
    }),
    createRoute({
      path: paths.oldJwkSet,
      format: coreFormat,
      apiKeys: auth?.apiKeys,
      isPublic: auth === undefined,
      respond: onlyGet(({ headers }) => {
        readVersion(headers['cdi-version'])
        return jsonAnswer(200, { keys: listJwks(keyStore), status: 'OK' })
      })
    }),
    createRoute({
      path: paths.jwkSet,
      format: coreFormat,
      isPublic: true,
      respond: onlyGet(createAnswerWithJwkSet(keyStore, now))
    }),
    // The core requires a key here. The list is the same for all callers, so it is not a secret.
    createRoute({
      path: paths.versions,
      format: coreFormat,
      respond: onlyGet(() => VERSIONS_ANSWER)
    }),
    createRoute({
      path: paths.hello,
      format: coreFormat,
      isOperation: true,
      respond: () => (healthOf(services) === 'ok' ? HELLO : NOT_READY)
    })
  ]
  // Log and metrics have the path as configured, whichever spelling of it was called.
  return routes.flatMap((route) =>
    spellingsOf(route.path, issue).map((path) => ({ ...route, path }))
  )
}

/** The answer with the supported versions of the interface. */
const VERSIONS_ANSWER = jsonAnswer(200, { versions: VERSIONS }, NO_STORE)

/** The answers of the hello path. The core has 500 where it cannot work. */
const HELLO = textAnswer(200, 'Hello', TEXT_TYPE)
const NOT_READY = textAnswer(503, 'Not ready', TEXT_TYPE)

function onlyGet(respond: (exchange: Exchange) => Answer): (exchange: Exchange) => Answer {
  return function respondToGet(exchange) {
    assertMethod(exchange.method, ['GET', 'HEAD'])
    return respond(exchange)
  }
}

function createSignWith(key: string, { keyStore, revocation, now, limits }: Services): Sign {
  return createSign({
    signer: keyStore.signer(key),
    now,
    createId: revocation === undefined ? undefined : createTokenId,
    maxTokenLength: limits.token
  })
}
