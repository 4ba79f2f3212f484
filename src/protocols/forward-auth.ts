/** The wire format of proxies that ask about each request: `auth_request` of nginx, `forwardAuth` of Traefik, `ext_authz` of Envoy. */
import type { ServiceError } from '../errors.ts'
import type { AppContext } from '../middleware/request-state.ts'
import { challengeFor } from './bearer-token.ts'
import { claimValue, parseClaimHeaders } from './claim-headers.ts'
import type { CheckProtocol } from './protocol.ts'
import { createTokenReader, type TokenPlace } from './token-places.ts'

export interface ForwardAuthOptions {
  /** Where tokens are taken from. Default: the Authorization header. */
  readonly places?: readonly TokenPlace[] | undefined
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
  /** Paths of claims by the names of the headers that say them. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/**
 * Answers about the client's request, which it knows by the header fields that the proxy passes on: 200, 401, 403 or 503, and nothing
 * else, since proxies take other answers in ways of their own. All headers of the setting are in each 200, empty where there is
 * nothing to say, so that they replace what the client itself may have sent under these names.
 */
export function createForwardAuthProtocol(options: ForwardAuthOptions): CheckProtocol {
  const { places = ['header'], maxDepth, headers = {} } = options
  const claimHeaders = parseClaimHeaders(headers)

  return {
    methods: 'any',

    readToken: createTokenReader(places, { maxDepth }),

    writeToken(context, { claimsText }) {
      context.status = 200
      for (const { name, path } of claimHeaders) context.set(name, claimValue(claimsText, path))
      writeNoBody(context)
    },

    writeError(context, error) {
      context.status = statusFor(error)
      if (context.status !== 503) context.set('WWW-Authenticate', challengeFor(error))
      writeNoBody(context)
    }
  }
}

/** What is wrong with a request is, to the proxy, a request that may not pass. */
function statusFor({ status }: ServiceError): 401 | 403 | 503 {
  if (status === 403) return 403
  return status < 500 ? 401 : 503
}

function writeNoBody(context: AppContext): void {
  context.set('Cache-Control', 'no-store')
  context.body = ''
  context.remove('Content-Type')
}
