/** A `check` route: request -> format reads it -> check -> format answers. */
import { type CheckedToken, createCheck } from '../../check/check.ts'
import { createCheckCache } from '../../check/check-cache.ts'
import { createRouteGroups } from '../../check/groups/registry.ts'
import { createRequirements } from '../../check/requirements.ts'
import { createVerifiers } from '../../check/verifiers/registry.ts'
import { ServiceError } from '../../errors.ts'
import { withSpan } from '../../operations/tracing.ts'
import type { Answer, Exchange } from '../exchange.ts'
import type { Described, RouteBuilder } from '../protocol.ts'
import { createRoute, type Route, type WireFormat } from '../route.ts'
import type { Services } from '../services.ts'
import { longestToken, tokenBodyBytes } from '../token-limits.ts'
import type { CheckRouteConfig } from './settings.ts'

/** How a request carries the token to check, and how the answer describes a valid one. */
interface CheckFormat extends WireFormat {
  /** @throws ServiceError where there is no token, or more than one */
  readonly read: (exchange: Exchange) => string
  readonly answer: (checked: CheckedToken) => Answer
}

/** Makes the wire format of one route. */
export type CreateCheckFormat = (
  config: CheckRouteConfig,
  limits: Services['limits']
) => CheckFormat

/** A product's wire format for checking tokens. */
export interface CheckProtocol extends Described<CheckRouteConfig> {
  readonly createFormat: CreateCheckFormat
}

/** Makes the builder of routes that check tokens in one wire format. */
export function createCheckBuilder<Name extends string>({
  createFormat,
  describe,
  schemas = {}
}: CheckProtocol): RouteBuilder<CheckRouteConfig<Name>> {
  return {
    create: (config, services) => [createCheckRoute(config, createFormat, services)],
    describe: (config) => ({ [config.check]: describe(config) }),
    schemas
  }
}

/** Makes the route. It answers without a promise where no verifier and no groups have to be waited for. */
function createCheckRoute(
  config: CheckRouteConfig,
  createFormat: CreateCheckFormat,
  services: Services
): Route {
  const { limits, now, revocation, metrics, tracing } = services
  const path = config.check
  const check = withSpan(
    'verify',
    createCheck({
      verifiers: createVerifiers(config, services),
      requirements: createRequirements(config, { now, revocation }),
      resolveGroups: createRouteGroups(config, services),
      maxDepth: limits.depth,
      maxTokenLength: longestToken(limits),
      cache: config.cache === 0 ? undefined : createCheckCache(config.cache)
    }),
    tracing
  )
  const plain = createFormat(config, limits)
  const format = config.reasons ? withReasons(plain) : plain

  function answerValid(checked: CheckedToken): Answer {
    const answer = format.answer(checked)
    metrics.tokenChecked(path, 'valid', 'none')
    return answer
  }

  function countRejected(error: unknown): never {
    metrics.tokenChecked(path, 'refused', reasonOf(error))
    throw error
  }

  return createRoute({
    path,
    format,
    apiKeys: config.auth?.apiKeys,
    maxRequests: config.limits.requests,
    maxBodyBytes: format.methods === 'any' ? undefined : tokenBodyBytes(limits),
    respond(exchange) {
      try {
        const checked = check(format.read(exchange), exchange.trace)
        return checked instanceof Promise
          ? checked.then(answerValid).catch(countRejected)
          : answerValid(checked)
      } catch (error) {
        return countRejected(error)
      }
    }
  })
}

function reasonOf(error: unknown): string {
  return error instanceof ServiceError ? (error.reason ?? error.code) : 'internal'
}

/**
 * Adds the reason code to errors: as `reason` in a challenge that has an error (RFC 6750, section 3, allows other attributes), and as
 * `reason` in a JSON body.
 */
function withReasons(format: CheckFormat): CheckFormat {
  return {
    ...format,
    refuse(error) {
      const answer = format.refuse(error)
      const { reason } = error
      if (reason === undefined) return answer
      const { 'WWW-Authenticate': challenge, ...headers } = answer.headers
      const isError = typeof challenge === 'string' && challenge.startsWith('Bearer error=')
      const body = String(answer.body)
      return {
        status: answer.status,
        headers: {
          ...headers,
          ...(challenge !== undefined && {
            'WWW-Authenticate': isError ? `${challenge}, reason="${reason}"` : challenge
          })
        },
        body: body.startsWith('{')
          ? `${body.slice(0, -1)},"reason":${JSON.stringify(reason)}}`
          : body
      }
    }
  }
}
