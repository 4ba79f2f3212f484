/** A `check` route of the configuration becomes a route that answers. */
import { type Check, createCheck } from '../check/check.ts'
import { createCheckCache } from '../check/check-cache.ts'
import { createCheckNow } from '../check/check-now.ts'
import { createRouteGroups } from '../check/groups/create-groups.ts'
import { createRouteVerifyNow, createVerifiers } from '../check/verifiers/create-verifiers.ts'
import { ServiceError } from '../errors.ts'
import { withSpan } from '../operations/tracing.ts'
import type { CheckRouteConfig } from '../protocols/check/settings.ts'
import { createCheckProtocol } from '../protocols/check-protocols.ts'
import type { CheckProtocol } from '../protocols/protocol.ts'
import { readTraceHeaders } from '../remote/trace-context.ts'
import type { AppMiddleware } from '../server/request-state.ts'
import { createRequirements } from './requirements.ts'
import { type Route, startRoute } from './route.ts'
import type { Services } from './services.ts'

/** Characters of a token, all of which are ASCII: twice what most servers take as a header field. */
const MAX_TOKEN_LENGTH = 16 * 1024

/** Makes the route. Tokens may go the short way where nothing but the token counts: no API key, no groups. */
export function createCheckRoute(config: CheckRouteConfig, services: Services): Route {
  const { limits, now, revocation } = services
  const cache = config.cache === 0 ? undefined : createCheckCache(config.cache)
  const requirements = createRequirements(config, { now, revocation })
  const resolveGroups = createRouteGroups(config, services)
  const common = {
    requirements,
    maxDepth: limits.depth,
    maxTokenLength: limits.checkedToken ?? Math.max(MAX_TOKEN_LENGTH, limits.token ?? 0),
    cache
  }
  const check = createCheck({
    ...common,
    verifiers: createVerifiers(config, services),
    resolveGroups
  })
  const protocol = createCheckProtocol(config, limits)
  return {
    path: config.check,
    methods: protocol.methods,
    steps: [
      ...startRoute({
        path: config.check,
        protocol,
        apiKeys: config.auth?.apiKeys,
        maxRequests: config.limits.requests,
        maxBodyBytes: limits.body
      }),
      createCheckHandler(
        config.check,
        protocol,
        withSpan('verify', check, services.tracing),
        services
      )
    ],
    shortWay:
      resolveGroups !== undefined || protocol.plainAnswer === undefined || config.auth !== undefined
        ? undefined
        : {
            check: createCheckNow({ ...common, verify: createRouteVerifyNow(config, services) }),
            answer: protocol.plainAnswer
          }
  }
}

/** request -> protocol reads it -> check -> protocol answers */
function createCheckHandler(
  route: string,
  protocol: CheckProtocol,
  check: Check,
  { metrics }: Services
): AppMiddleware {
  return async function checkToken(context) {
    try {
      const token = protocol.readToken(context)
      protocol.writeToken(context, await check(token, readTraceHeaders(context.req.headers)))
    } catch (error) {
      metrics.tokenChecked(route, 'refused', reasonOf(error))
      throw error
    }
    metrics.tokenChecked(route, 'valid', 'none')
  }
}

function reasonOf(error: unknown): string {
  return error instanceof ServiceError ? (error.reason ?? error.code) : 'internal'
}
