/** The wire format that an Okera ODAS asks for at its JWT_AUTHENTICATION_SERVER_URL: the claims of a good token, as they are. */
import { invalidToken } from '../errors.ts'
import { challengeFor } from './bearer-token.ts'
import { writeOauthError } from './oauth-error.ts'
import type { CheckProtocol } from './protocol.ts'
import { createTokenReader, type TokenPlace } from './token-places.ts'

export interface OkeraCheckOptions {
  /** Where tokens are taken from. Default: the Authorization header. */
  readonly places?: readonly TokenPlace[] | undefined
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
}

/** Takes one token from one of its places; answers with its claims at the top level, a `sub` among them. */
export function createOkeraCheckProtocol({
  places = ['header'],
  maxDepth
}: OkeraCheckOptions): CheckProtocol {
  return {
    methods: ['POST'],

    readToken: createTokenReader(places, { maxDepth }),

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
}
