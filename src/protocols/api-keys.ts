/** API keys, for routes that only callers with a key may use. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { trimBlanks } from '../blanks.ts'
import { ServiceError } from '../errors.ts'
import { readAuthorization } from './bearer-token.ts'
import type { Exchange } from './exchange.ts'
import { readForm } from './form.ts'
import { invalidRequest, isForm, startsWithBrace } from './json-body.ts'

/** Accepts requests with one of the keys. Throws a ServiceError for any other: `unauthorized_caller`, or `invalid_request` for two keys. */
export interface ApiKeyGuard {
  /**
   * Notes whether the key is in the Authorization header.
   * @returns whether a header has a key; otherwise the form has to be read for one
   */
  readonly assertHeader: (exchange: Exchange) => boolean
  /**
   * To be called once the body is read.
   * @param isKnown whether a header has a key
   */
  readonly assertForm: (exchange: Exchange, isKnown: boolean) => void
}

/**
 * Makes the guard. It takes the key from the `api-key` header or as a Bearer of the Authorization header.
 * @param options whether the key may be the password of HTTP Basic as well, and whether `client_secret` of the form. Default: no
 */
export function createApiKeyGuard(
  apiKeys: readonly string[],
  {
    takesBasic = false,
    takesClientSecret = false
  }: { readonly takesBasic?: boolean; readonly takesClientSecret?: boolean } = {}
): ApiKeyGuard {
  const accepted = apiKeys.map(digest)
  const challenge = takesBasic ? 'Basic realm="txtoken", Bearer' : 'Bearer'

  function assertKey(keys: readonly string[]): void {
    const given = keys.map(digest)
    // Every pair is compared, even after a match, so that the time reveals nothing.
    const fitting = given.flatMap((one) => accepted.filter((key) => timingSafeEqual(key, one)))
    if (fitting.length > 0) return
    throw new ServiceError('unauthorized_caller', 'Invalid API key', {
      status: 401,
      reason: given.length === 0 ? 'no_api_key' : 'api_key',
      headers: { 'WWW-Authenticate': challenge }
    })
  }

  return {
    assertHeader(exchange) {
      if (takesClientSecret && !hasCredentials(exchange) && isForm(exchange)) return false
      const { keys, isInAuthorization } = readApiKeys(exchange, takesBasic)
      assertKey(keys)
      exchange.note.hasKeyInAuthorization = isInAuthorization
      return true
    },
    assertForm({ body }, isKnown) {
      const secrets = takesClientSecret ? clientSecretsIn(body) : []
      if (secrets.length > (isKnown ? 0 : 1)) {
        throw invalidRequest('more than one way of client authentication, expected one')
      }
      if (!isKnown) assertKey(secrets)
    }
  }
}

function hasCredentials({ headers }: Exchange): boolean {
  return headers['api-key'] !== undefined || headers.authorization !== undefined
}

/** The field of a form with the secret of a client (RFC 6749, section 2.3.1). */
const CLIENT_SECRET = 'client_secret'

/** A field without a value counts as left out (RFC 6749, section 3.2). Most forms have none, and are not parsed for it. */
function clientSecretsIn(body: Buffer): readonly string[] {
  if (!body.includes(CLIENT_SECRET) || startsWithBrace(body)) return []
  return readForm(body)
    .getAll(CLIENT_SECRET)
    .filter((secret) => secret !== '')
}

interface GivenKeys {
  /** The key of a request: one text, or all possible decodings of it. */
  readonly keys: readonly string[]
  readonly isInAuthorization: boolean
}

function readApiKeys({ headers }: Exchange, takesBasic: boolean): GivenKeys {
  const key = headers['api-key']
  if (typeof key === 'string') return { keys: [key], isInAuthorization: false }
  const { authorization = '' } = headers
  const bearer = readAuthorization(authorization)
  if (bearer !== undefined) return { keys: [bearer], isInAuthorization: true }
  return { keys: takesBasic ? readBasicPasswords(authorization) : [], isInAuthorization: true }
}

/** Digests have the same length, which a comparison in constant time needs, and they hide the length of a key. */
function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}

const BASIC = /^basic[ \t]+(\S+)$/i

/**
 * Reads the password of HTTP Basic (RFC 7617), with any user name. OAuth encodes it as in a form (RFC 6749, section 2.3.1), but not
 * every client does, and the request does not show which.
 * @returns the possible passwords: as sent, and decoded. Empty for another scheme
 */
function readBasicPasswords(value: string): readonly string[] {
  const encoded = BASIC.exec(trimBlanks(value))?.[1]
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
