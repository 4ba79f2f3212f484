/** The wire format of the SuperTokens core: its JWT recipe, CDI 5.4. */
import { ServiceError } from '../../errors.ts'
import type { Claims } from '../../issue/claims.ts'
import type { IssuedToken } from '../../issue/sign.ts'
import { MOST_CLAIMS, readObject } from '../../json/json-members.ts'
import { type JsonText, JsonTextError, parseJsonBytes, toJsonText } from '../../json/json-text.ts'
import { type Answer, type Exchange, jsonAnswer, NO_STORE, textAnswer } from '../exchange.ts'
import { invalidRequest } from '../json-body.ts'
import type { WireFormat } from '../route.ts'

export interface SupertokensOptions {
  /** The longest validity that may be asked for, in seconds. */
  readonly mostSeconds: number
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
}

/** What the client asks for. */
interface SupertokensRequest {
  /** The payload, and the client's own address as the issuer unless the payload names one. */
  readonly claims: Claims
  readonly validitySeconds: number
  readonly useStaticKey: boolean
}

export interface SupertokensFormat extends WireFormat {
  /**
   * @returns undefined where the client asks for an algorithm that is not there
   * @throws ServiceError for a request that is not of this format
   */
  readonly read: (exchange: Exchange) => SupertokensRequest | undefined
  readonly answer: (issued: IssuedToken) => Answer
}

/** The version of the interface between core and client (CDI) that is spoken here. */
const CDI_VERSION = '5.4'

/** The path that lists the versions of the interface, beside the path that tokens are issued on. */
export function versionPathOf(issue: string): string {
  return issue.replace(/recipe\/jwt$/, 'apiversion')
}

/** Takes the JSON that the SuperTokens client sends; answers as the core does, errors included. */
export function createSupertokensFormat(options: SupertokensOptions): SupertokensFormat {
  const { mostSeconds, maxDepth } = options

  return {
    // The core has an answer of its own for methods that it does not know.
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],

    read({ method, headers, body }) {
      if (method !== 'POST') {
        throw new ServiceError('method_not_allowed', 'Method not supported', {
          status: 405,
          headers: { Allow: 'POST' }
        })
      }
      assertVersion(headers['cdi-version'])
      const fields = readFields(body, maxDepth)
      const algorithm = textField(fields, 'algorithm')
      const claims = readPayload(fields)
      const jwksDomain = textField(fields, 'jwksDomain')
      if (!claims.has('iss')) claims.set('iss', toJsonText(jwksDomain))
      const validitySeconds = readValidity(fields, mostSeconds)
      const useStaticKey = readUseStaticKey(fields)
      return algorithm === 'RS256' ? { claims, validitySeconds, useStaticKey } : undefined
    },

    answer: ({ token }) => jsonAnswer(200, { status: 'OK', jwt: token }, NO_STORE),

    refuse: ({ status, message }) =>
      textAnswer(status, message, { 'Content-Type': 'text/html; charset=UTF-8' })
  }
}

/** The answer to a request for an algorithm that is not there. */
export const UNSUPPORTED_ALGORITHM: Answer = jsonAnswer(
  200,
  { status: 'UNSUPPORTED_ALGORITHM_ERROR' },
  NO_STORE
)

/** The answer to a client that asks which versions of the interface it may use. */
export const VERSIONS: Answer = jsonAnswer(200, { versions: [CDI_VERSION] }, NO_STORE)

/** The client names the version that both have agreed on. An error repeats it only where it looks like one. */
function assertVersion(version: string | readonly string[] = ''): void {
  if (version === '' || version === CDI_VERSION) return
  const shown = /^[\d.]{1,16}$/.test(String(version)) ? version : 'given'
  throw invalidRequest(`cdi-version ${shown} not supported`)
}

function readFields(body: Uint8Array, maxDepth: number): ReadonlyMap<string, JsonText> {
  let text: JsonText
  try {
    text = parseJsonBytes(body, maxDepth)
  } catch (error) {
    if (error instanceof JsonTextError) throw invalidRequest('Invalid Json Input')
    throw error
  }
  if (!text.startsWith('{')) throw invalidRequest('Invalid Json Input')
  const fields = readObject(text, MOST_CLAIMS)
  if (fields.size > MOST_CLAIMS) throw invalidRequest('Invalid Json Input')
  return fields
}

function readPayload(fields: ReadonlyMap<string, JsonText>): Map<string, JsonText> {
  const payload = fields.get('payload')
  if (payload?.startsWith('{') !== true) throw invalidField('payload')
  const claims = readObject(payload, MOST_CLAIMS)
  if (claims.size > MOST_CLAIMS) throw invalidField('payload')
  return claims
}

function readValidity(fields: ReadonlyMap<string, JsonText>, mostSeconds: number): number {
  const validity = fieldValue(fields, 'validity')
  if (!Number.isSafeInteger(validity)) throw invalidField('validity')
  const seconds = validity as number
  // The core answers the same for zero.
  if (seconds <= 0) throw invalidRequest('validity must be greater than or equal to 0')
  if (seconds > mostSeconds) {
    throw invalidRequest(`validity must be less than or equal to ${mostSeconds}`)
  }
  return seconds
}

function readUseStaticKey(fields: ReadonlyMap<string, JsonText>): boolean {
  const value = fieldValue(fields, 'useStaticSigningKey') ?? true
  if (typeof value !== 'boolean') throw invalidField('useStaticSigningKey')
  return value
}

function textField(fields: ReadonlyMap<string, JsonText>, name: string): string {
  const value = fieldValue(fields, name)
  if (typeof value !== 'string') throw invalidField(name)
  return value
}

function fieldValue(fields: ReadonlyMap<string, JsonText>, name: string): unknown {
  const text = fields.get(name)
  return text === undefined ? undefined : JSON.parse(text)
}

function invalidField(name: string): ServiceError {
  return invalidRequest(`Field name '${name}' is invalid in JSON input`)
}
