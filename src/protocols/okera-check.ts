/** The wire format that an Okera ODAS asks for at its JWT_AUTHENTICATION_SERVER_URL: the claims of a good token, as they are. */
import { invalidToken, ServiceError } from '../errors.ts'
import { challengeFor, readAuthorization } from './bearer-token.ts'
import { writeOauthError } from './oauth-error.ts'
import type { CheckProtocol } from './protocol.ts'

/** Takes the token from the Authorization header; answers with its claims at the top level, a `sub` among them. */
export const okeraCheckProtocol: CheckProtocol = {
  methods: ['POST'],

  readToken({ req }) {
    const token = readAuthorization(req.headers.authorization ?? '')
    if (token !== undefined) return token
    throw new ServiceError('missing_token', 'no token present in request', {
      status: 401,
      reason: 'missing'
    })
  },

  writeToken(context, { claims, claimsText }) {
    if (typeof claims.sub !== 'string' || claims.sub === '') {
      throw invalidToken('Token has no sub', 'subject')
    }
    context.set('Content-Type', 'application/json; charset=utf-8')
    context.set('Cache-Control', 'no-store')
    context.body = claimsText
  },

  writeError(context, error) {
    writeOauthError(context, error.code, error)
    if (error.status === 401 || error.status === 403) {
      context.set('WWW-Authenticate', challengeFor(error))
    }
  }
}
