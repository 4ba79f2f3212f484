/** Verification by a checkToken route of txtoken, which has the keys and decides. */
import type { Verifier } from '../check/check.ts'
import { checkUnavailable, insufficientScope, invalidToken, type ServiceError } from '../errors.ts'
import { JsonTextError, readJsonBytes } from '../json/json-text.ts'
import type { Token } from '../keys/token.ts'
import type { Remote } from '../remote/remote.ts'
import { describeFailure } from './call-failure.ts'

/** The answer holds the claims, so it may nest one level deeper than they do. */
const MAX_REPLY_DEPTH = 65
const NO_BODY = new Uint8Array()

/** @param remote safe, since a check changes nothing */
export function createCheckRouteVerifier(remote: Remote): Verifier {
  return async function verifyByCheckRoute(token) {
    if (token.header === undefined) return undefined
    const reply = await ask(token)
    if (!isApproval(reply, token)) {
      throw checkUnavailable(new Error('found an answer that does not confirm the token'))
    }
    return { claims: token.payload }
  }

  async function ask({ raw }: Token): Promise<Buffer> {
    try {
      return await remote.call({ body: NO_BODY, authorization: `Bearer ${raw}`, onAbort: () => {} })
    } catch (error) {
      throw toCheckError(error)
    }
  }
}

/** Whether the answer confirms this very token: an answer that was mixed up on its way is about another. */
function isApproval(reply: Buffer, { raw }: Token): boolean {
  try {
    const value = readJsonBytes(reply, MAX_REPLY_DEPTH).value as Record<string, unknown> | null
    return value?.Valid === true && value.Raw === raw
  } catch (error) {
    if (error instanceof JsonTextError) return false
    throw error
  }
}

function toCheckError(error: unknown): ServiceError {
  const { status, message, cause } = describeFailure(error)
  if (status === 401) return invalidToken('Token is rejected by its issuer', 'endpoint', error)
  if (status === 403) {
    return insufficientScope('Token does not allow this', 'endpoint', { cause: error })
  }
  return checkUnavailable(new Error(message, { cause }))
}
