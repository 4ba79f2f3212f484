/** Verification by a checkToken route of txtoken, which has the keys and decides. */
import type { Verifier } from '../check/check.ts'
import { checkUnavailable, insufficientScope, invalidToken, ServiceError } from '../errors.ts'
import { JsonTextError, readJsonBytes } from '../json/json-text.ts'
import type { Token } from '../keys/token.ts'
import type { Remote } from '../remote/remote.ts'
import { isConnectionClosed } from '../remote/remote-errors.ts'

/** The answer holds the claims, so it may nest one level deeper than they do. */
const MAX_REPLY_DEPTH = 65
const NO_BODY = new Uint8Array()

export function createCheckRouteVerifier(remote: Remote): Verifier {
  return async function verifyByCheckRoute(token) {
    const reply = await ask(token)
    if (!isApproval(reply, token)) {
      throw checkUnavailable(new Error('found an answer that does not confirm the token'))
    }
    return { claims: token.payload }
  }

  async function ask(token: Token): Promise<Buffer> {
    try {
      return await post(token).catch((error) => {
        // The request changes nothing, so it may be sent again, on another connection.
        if (error instanceof ServiceError && isConnectionClosed(error)) return post(token)
        throw error
      })
    } catch (error) {
      throw toCheckError(error)
    }
  }

  function post({ raw }: Token): Promise<Buffer> {
    return remote.call({ body: NO_BODY, authorization: `Bearer ${raw}`, onAbort: () => {} })
  }
}

/** Whether the answer confirms this very token: one that got mixed up on its way is about another. */
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
  const status = error instanceof ServiceError ? error.remoteStatus : undefined
  if (status === 401) return invalidToken('Token is rejected by its issuer', 'endpoint', error)
  if (status === 403) {
    return insufficientScope('Token does not allow this', 'endpoint', { cause: error })
  }
  return checkUnavailable(
    status === undefined ? error : new Error(`found the status ${status}, expected 200`)
  )
}
