/** The wire format of proxies that check each request: `auth_request` of nginx, `forwardAuth` of Traefik, `ext_authz` of Envoy. */
import type { ServiceError } from '../../errors.ts'
import { challengeFor } from '../bearer-token.ts'
import type { CheckProtocol, CreateCheckFormat } from '../check/route.ts'
import { emptyAnswer, NO_STORE } from '../exchange.ts'
import { createTokenReader } from '../token-places.ts'
import { claimValue, parseClaimHeaders } from './claim-headers.ts'
import { describeForwardAuth } from './openapi.ts'
import { isPreflight } from './preflight.ts'

/**
 * Decides about the client's request by the header fields that the proxy passes on: 200, 401, 403 or 503, and nothing
 * else, since each proxy treats other answers in its own way. Each 200 has all headers of the setting, empty where the token has no
 * such claim, so that they replace fields that the client itself may have sent.
 */
const createForwardAuthFormat: CreateCheckFormat = (
  { token: places = ['header'], headers = {}, preflight },
  { depth }
) => {
  const claimHeaders = parseClaimHeaders(headers)
  // Without claims: the empty headers replace fields that the client itself may have sent.
  const passed = emptyAnswer(200, {
    ...NO_STORE,
    ...Object.fromEntries(claimHeaders.map(({ name }) => [name, '']))
  })

  return {
    methods: 'any',
    readsBody: false,

    read: createTokenReader(places, depth),

    answer({ claimsText }) {
      const answered: Record<string, string> = { ...NO_STORE }
      for (const { name, path } of claimHeaders) answered[name] = claimValue(claimsText, path)
      return emptyAnswer(200, answered)
    },

    pass:
      preflight === 'allow'
        ? (exchange) => (isPreflight(exchange) ? passed : undefined)
        : undefined,

    refuse(error) {
      const status = statusFor(error)
      const challenge = status === 503 ? {} : { 'WWW-Authenticate': challengeFor(error) }
      return emptyAnswer(status, { ...NO_STORE, ...challenge })
    }
  }
}

/** For the proxy, any error of a request means that it may not pass. A service that is too busy has not decided. */
function statusFor({ status }: ServiceError): 401 | 403 | 503 {
  if (status === 403 || status === 405) return 403
  return status < 500 && status !== 429 ? 401 : 503
}

export const protocol: CheckProtocol = {
  createFormat: createForwardAuthFormat,
  describe: (route) => ({ get: describeForwardAuth(route) })
}
