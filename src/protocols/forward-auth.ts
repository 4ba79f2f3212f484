/** The wire format of proxies that ask about each request: `auth_request` of nginx, `forwardAuth` of Traefik, `ext_authz` of Envoy. */
import type { CheckedToken } from '../check/check.ts'
import type { ServiceError } from '../errors.ts'
import type { AppContext } from '../server/request-state.ts'
import { challengeFor } from './bearer-token.ts'
import { claimValue, parseClaimHeaders } from './claim-headers.ts'
import type { CheckProtocol, PlainAnswer } from './protocol.ts'
import { createTokenReader, type TokenPlace } from './token-places.ts'

export interface ForwardAuthOptions {
  /** Where tokens are taken from. Default: the Authorization header. */
  readonly places?: readonly TokenPlace[] | undefined
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
  /** Paths of claims by the names of the headers that say them. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** What is true of a token now is not so for ever. */
const NOT_KEPT = { 'Cache-Control': 'no-store' } as const

/**
 * Answers about the client's request, which it knows by the header fields that the proxy passes on: 200, 401, 403 or 503, and nothing
 * else, since proxies take other answers in ways of their own. All headers of the setting are in each 200, empty where there is
 * nothing to say, so that they replace what the client itself may have sent under these names.
 */
export function createForwardAuthProtocol(options: ForwardAuthOptions): CheckProtocol {
  const { places = ['header'], maxDepth, headers = {} } = options
  const claimHeaders = parseClaimHeaders(headers)

  function describeToken({ claimsText }: CheckedToken): PlainAnswer {
    const values = claimHeaders.map(({ name, path }) => [name, claimValue(claimsText, path)])
    return { headers: { ...NOT_KEPT, ...Object.fromEntries(values) }, body: '' }
  }

  return {
    methods: 'any',

    readToken: createTokenReader(places, { maxDepth }),

    writeToken(context, checked) {
      context.status = 200
      context.set(describeToken(checked).headers)
      writeNoBody(context)
    },

    plainAnswer: places.includes('header') ? describeToken : undefined,

    writeError(context, error) {
      context.status = statusFor(error)
      if (context.status !== 503) context.set('WWW-Authenticate', challengeFor(error))
      context.set(NOT_KEPT)
      writeNoBody(context)
    }
  }
}

/** What is wrong with a request is, to the proxy, a request that may not pass. A service that is too busy says nothing of it. */
function statusFor({ status }: ServiceError): 401 | 403 | 503 {
  if (status === 403) return 403
  return status < 500 && status !== 429 ? 401 : 503
}

function writeNoBody(context: AppContext): void {
  context.body = ''
  context.remove('Content-Type')
}
