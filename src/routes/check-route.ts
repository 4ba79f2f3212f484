/** A `check` route of the configuration becomes the middleware that answers it. */
import { type Check, createCheck } from '../check/check.ts'
import { createKeysVerifier } from '../check/keys-verifier.ts'
import { createTimeRequirement, isNoServiceBearer } from '../check/requirements.ts'
import type { CheckRouteConfig } from '../config/schema/full-form.ts'
import { ServiceError } from '../errors.ts'
import { createBodyReader } from '../middleware/body.ts'
import type { AppMiddleware } from '../middleware/request-state.ts'
import type { CheckProtocol } from '../protocols/protocol.ts'
import { createTxtokenCheckProtocol } from '../protocols/txtoken-check.ts'
import { createAnswerer } from './answerer.ts'
import type { Services } from './services.ts'

export function createCheckRoute(config: CheckRouteConfig, services: Services): AppMiddleware[] {
  const { limits, keyStore, now } = services
  const check = createCheck({
    verifiers: config.verify.map(({ keys }) =>
      createKeysVerifier({ keyStore, names: keys === 'all' ? undefined : keys })
    ),
    requirements: [isNoServiceBearer, createTimeRequirement(now)],
    maxDepth: limits.depth
  })
  const protocol = createTxtokenCheckProtocol({ maxDepth: limits.depth })
  return [
    createAnswerer(config.check, protocol),
    createBodyReader(limits.body),
    createCheckHandler(config.check, protocol, check, services)
  ]
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
      protocol.writeToken(context, await check(protocol.readToken(context)))
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
