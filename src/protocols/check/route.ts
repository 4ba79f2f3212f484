/** A `check` route: request -> format reads it -> check -> format answers. */
import { type CheckedToken, createCheck } from '../../check/check.ts'
import { createCheckCache } from '../../check/check-cache.ts'
import { createExplain, type Named } from '../../check/explain.ts'
import { arrangeGroups, createGroupPlaces } from '../../check/groups/registry.ts'
import { createRequirements, nameRequirements } from '../../check/requirements.ts'
import { arrangeVerifiers, createVerifiers, takesOpaque } from '../../check/verifiers/registry.ts'
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
  /** Whether the token may be in the body. No other body is read. */
  readonly readsBody: boolean
  /** @throws ServiceError where there is no token, or more than one */
  readonly read: (exchange: Exchange) => string
  readonly answer: (checked: CheckedToken) => Answer
  /** The answer to a request that needs no token. Left out where each needs one. */
  readonly pass?: ((exchange: Exchange) => Answer | undefined) | undefined
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
  const verifiers = createVerifiers(config.verify, services)
  const groups = createGroupPlaces(config, services)
  const bounds = {
    maxDepth: limits.depth,
    maxTokenLength: longestToken(limits),
    takesOpaque: takesOpaque(config.verify)
  }
  const check = withSpan(
    'verify',
    createCheck({
      ...bounds,
      verifiers: arrangeVerifiers(stepsOf(verifiers), config),
      requirements: createRequirements(config, { now, revocation }),
      resolveGroups: arrangeGroups(stepsOf(groups), config),
      cache: config.cache === 0 ? undefined : createCheckCache(config.cache)
    }),
    tracing
  )
  const plain = createFormat(config, limits)
  const format = config.reasons ? withReasons(plain) : plain

  const { pass } = format

  function respond(exchange: Exchange): Promise<Answer> | Answer {
    try {
      const checked = check(format.read(exchange), exchange.trace, exchange.note)
      return checked instanceof Promise
        ? checked.then(answerValid).catch(countRejected)
        : answerValid(checked)
    } catch (error) {
      return countRejected(error)
    }
  }

  function answerValid(checked: CheckedToken): Answer {
    const answer = format.answer(checked)
    metrics.tokenChecked(path, 'valid', 'none')
    return answer
  }

  function countRejected(error: unknown): never {
    metrics.tokenChecked(path, 'refused', reasonOf(error))
    throw error
  }

  const route = createRoute({
    path,
    format,
    apiKeys: config.auth?.apiKeys,
    maxRequests: config.limits.requests,
    maxBodyBytes: format.readsBody ? tokenBodyBytes(limits) : undefined,
    respond: pass === undefined ? respond : (exchange) => pass(exchange) ?? respond(exchange)
  })
  const explain = createExplain({
    ...bounds,
    verifiers,
    arrangeVerifiers: (reported) => arrangeVerifiers(reported, config),
    requirements: nameRequirements(config, { now, revocation }),
    groups,
    arrangeGroups: (reported) => arrangeGroups(reported, config),
    now
  })
  return { ...route, explain }
}

function stepsOf<Step>(named: readonly Named<Step>[]): readonly Step[] {
  return named.map(({ step }) => step)
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
