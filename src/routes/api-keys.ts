/** Routes that only those may call who have an API key. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { readBasicPasswords } from '../protocols/basic-passwords.ts'
import { readAuthorization } from '../protocols/bearer-token.ts'
import type { AppContext, AppMiddleware } from '../server/request-state.ts'

/**
 * Lets requests pass that carry one of the keys, in the `api-key` header or as a Bearer of the Authorization header.
 * Others are refused (401) in the words of the route.
 * @param options whether the key may be the password of HTTP Basic as well. Default: no
 */
export function createApiKeyGuard(
  apiKeys: readonly string[],
  { takesBasic = false }: { readonly takesBasic?: boolean } = {}
): AppMiddleware {
  const accepted = apiKeys.map(digest)
  const challenge = takesBasic ? 'Basic realm="txtoken", Bearer' : 'Bearer'

  return function requireApiKey(context, next) {
    const given = apiKeysOf(context, takesBasic).map(digest)
    // All are looked at, whichever fits, so that the time tells nothing.
    const fitting = given.flatMap((one) => accepted.filter((key) => timingSafeEqual(key, one)))
    if (fitting.length === 0) {
      throw new ServiceError('unauthorized_caller', 'Invalid API key', {
        status: 401,
        reason: given.length === 0 ? 'no_api_key' : 'api_key',
        headers: { 'WWW-Authenticate': challenge }
      })
    }
    return next()
  }
}

/** What a request says its key is: one text, or what one text may mean. */
function apiKeysOf({ req: { headers } }: AppContext, takesBasic: boolean): readonly string[] {
  const key = headers['api-key']
  if (typeof key === 'string') return [key]
  const { authorization = '' } = headers
  const bearer = readAuthorization(authorization)
  if (bearer !== undefined) return [bearer]
  return takesBasic ? readBasicPasswords(authorization) : []
}

/** Digests have one length, which comparing in constant time takes; and nothing is told of the lengths of keys. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
