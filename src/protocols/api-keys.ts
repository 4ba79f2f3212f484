/** API keys: routes that only callers with a key may use. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { ServiceError } from '../errors.ts'
import { readAuthorization } from './bearer-token.ts'
import type { Exchange } from './exchange.ts'

/** Lets a request pass that carries one of the keys. Throws a ServiceError `unauthorized_caller` for any other. */
export type ApiKeyGuard = (exchange: Exchange) => void

/**
 * Makes the guard. It takes the key from the `api-key` header or as a Bearer of the Authorization header.
 * @param options whether the key may be the password of HTTP Basic as well. Default: no
 */
export function createApiKeyGuard(
  apiKeys: readonly string[],
  { takesBasic = false }: { readonly takesBasic?: boolean } = {}
): ApiKeyGuard {
  const accepted = apiKeys.map(digest)
  const challenge = takesBasic ? 'Basic realm="txtoken", Bearer' : 'Bearer'

  return function assertApiKey(exchange) {
    const given = readApiKeys(exchange, takesBasic).map(digest)
    // Every pair is compared, whichever fits, so that the time shows nothing.
    const fitting = given.flatMap((one) => accepted.filter((key) => timingSafeEqual(key, one)))
    if (fitting.length > 0) return
    throw new ServiceError('unauthorized_caller', 'Invalid API key', {
      status: 401,
      reason: given.length === 0 ? 'no_api_key' : 'api_key',
      headers: { 'WWW-Authenticate': challenge }
    })
  }
}

/** The key that a request carries: one text, or all that one text may mean. */
function readApiKeys({ headers }: Exchange, takesBasic: boolean): readonly string[] {
  const key = headers['api-key']
  if (typeof key === 'string') return [key]
  const { authorization = '' } = headers
  const bearer = readAuthorization(authorization)
  if (bearer !== undefined) return [bearer]
  return takesBasic ? readBasicPasswords(authorization) : []
}

/** Digests have one length, which the comparison in constant time needs, and they do not show how long a key is. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

const BASIC = /^basic\s+(\S+)$/i

/**
 * Reads the password of HTTP Basic (RFC 7617), whatever the user name. OAuth encodes it as in a form (RFC 6749, section 2.3.1), but not
 * every client does, and nothing shows which kind of client sent it.
 * @returns what the password may be: as sent, and decoded. Empty for another scheme
 */
function readBasicPasswords(value: string): readonly string[] {
  const encoded = BASIC.exec(value.trim())?.[1]
  if (encoded === undefined) return []
  const credentials = Buffer.from(encoded, 'base64').toString()
  const colon = credentials.indexOf(':')
  if (colon === -1) return []
  const password = credentials.slice(colon + 1)
  return [password, decodeFormValue(password)]
}

function decodeFormValue(text: string): string {
  const [[, value] = ['', '']] = new URLSearchParams(`=${text.replaceAll('&', '%26')}`)
  return value
}
