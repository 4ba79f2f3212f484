/** The wire format that an Okera ODAS expects at its JWT_AUTHENTICATION_SERVER_URL: the unchanged claims of a valid token. */
import { hasSubject } from '../../check/requirements.ts'
import { challengeFor } from '../bearer-token.ts'
import type { CheckProtocol, CreateCheckFormat } from '../check/route.ts'
import { JSON_NO_STORE } from '../exchange.ts'
import { oauthErrorAnswer } from '../oauth-error.ts'
import { createTokenReader } from '../token-places.ts'
import { describeOkera } from './openapi.ts'

/** Takes one token from one of its places; answers with its claims at the top level, a `sub` among them. */
const createOkeraFormat: CreateCheckFormat = ({ token: places = ['header'] }, { depth }) => ({
  methods: ['POST'],
  readsBody: places.includes('body'),

  read: createTokenReader(places, depth),

  answer(checked) {
    // Okera requires it, whatever the route requires.
    hasSubject(checked)
    return { status: 200, headers: JSON_NO_STORE, body: checked.claimsText }
  },

  refuse(error) {
    const answer = oauthErrorAnswer(error.code, error)
    if (error.status !== 401 && error.status !== 403) return answer
    const headers = { ...answer.headers, 'WWW-Authenticate': challengeFor(error) }
    return { ...answer, headers }
  }
})

export const protocol: CheckProtocol = {
  createFormat: createOkeraFormat,
  describe: (route) => ({ post: describeOkera(route) })
}
