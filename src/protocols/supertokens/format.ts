/** The wire format of the SuperTokens core: requests and answers of its JWT recipe. */
import { ServiceError } from '../../errors.ts'
import type { Claims } from '../../issue/claims.ts'
import type { IssuedToken } from '../../issue/sign.ts'
import { countMembers, MOST_CLAIMS, readObject } from '../../json/json-members.ts'
import { type JsonText, JsonTextError, parseJsonBytes, toJsonText } from '../../json/json-text.ts'
import { type Answer, type Exchange, jsonAnswer, NO_STORE, textAnswer } from '../exchange.ts'
import { invalidRequest } from '../json-body.ts'
import type { WireFormat } from '../route.ts'
import { hasStaticKeysOnly, readVersion } from './versions.ts'

export interface SupertokensOptions {
  /** The longest validity that may be requested, in seconds. */
  readonly mostSeconds: number
  /** Levels that the JSON of a request may nest. */
  readonly maxDepth: number
}

/** The request of the client. */
interface SupertokensRequest {
  /** The payload, and the client's own address as the issuer unless the payload names one. */
  readonly claims: Claims
  readonly validitySeconds: number
  readonly useStaticKey: boolean
}

export interface SupertokensFormat extends WireFormat {
  /**
   * @returns undefined where the client asks for an unknown algorithm
   * @throws ServiceError for a request that is not in this format
   */
  readonly read: (exchange: Exchange) => SupertokensRequest | undefined
  readonly answer: (issued: IssuedToken) => Answer
}

/** The content type of the core's texts. */
export const TEXT_TYPE = { 'Content-Type': 'text/html; charset=UTF-8' } as const

/** The format of errors on all paths of the core. */
export const coreFormat: WireFormat = {
  // The core has its own answer for methods that a path does not have.
  methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],

  refuse: ({ status, message }) => textAnswer(status, message, TEXT_TYPE)
}

/** Takes the JSON that the SuperTokens client sends; answers as the core does, errors included. */
export function createSupertokensFormat(options: SupertokensOptions): SupertokensFormat {
  const { mostSeconds, maxDepth } = options

  return {
    ...coreFormat,

    read({ method, headers, body }) {
      const version = readVersion(headers['cdi-version'])
      assertMethod(method, ['POST'])
      const fields = readFields(body, maxDepth)
      const algorithm = textField(fields, 'algorithm')
      const jwksDomain = textField(fields, 'jwksDomain')
      const claims = readPayload(fields)
      if (!claims.has('iss')) claims.set('iss', toJsonText(jwksDomain))
      const validitySeconds = readValidity(fields, mostSeconds)
      const useStaticKey = hasStaticKeysOnly(version) || readUseStaticKey(fields)
      const isSupported = algorithm.toUpperCase() === 'RS256'
      return isSupported ? { claims, validitySeconds, useStaticKey } : undefined
    },

    answer: ({ token }) => jsonAnswer(200, { status: 'OK', jwt: token }, NO_STORE)
  }
}

/** @throws ServiceError for a method that a path does not have */
export function assertMethod(method: string, allowed: readonly string[]): void {
  if (allowed.includes(method)) return
  throw new ServiceError('method_not_allowed', 'Method not supported', {
    status: 405,
    headers: { Allow: allowed.join(', ') }
  })
}

/** The answer to a request for an unknown algorithm. */
export const UNSUPPORTED_ALGORITHM: Answer = jsonAnswer(
  200,
  { status: 'UNSUPPORTED_ALGORITHM_ERROR' },
  NO_STORE
)

function readFields(body: Uint8Array, maxDepth: number): ReadonlyMap<string, JsonText> {
  let text: JsonText
  try {
    text = parseJsonBytes(body, maxDepth)
  } catch (error) {
    if (error instanceof JsonTextError) throw invalidRequest('Invalid Json Input')
    throw error
  }
  const fields = text.startsWith('{') ? readMembers(text) : undefined
  if (fields === undefined) throw invalidRequest('Invalid Json Input')
  return fields
}

/** The members of an object. Undefined where there are too many, or two of one name. */
function readMembers(text: JsonText): Map<string, JsonText> | undefined {
  const members = readObject(text, MOST_CLAIMS)
  return members.size > MOST_CLAIMS || members.size < countMembers(text) ? undefined : members
}

function readPayload(fields: ReadonlyMap<string, JsonText>): Map<string, JsonText> {
  const payload = fields.get('payload')
  const claims = payload?.startsWith('{') === true ? readMembers(payload) : undefined
  if (claims === undefined) throw invalidField('payload')
  return claims
}

function readValidity(fields: ReadonlyMap<string, JsonText>, mostSeconds: number): number {
  const validity = fieldValue(fields, 'validity')
  if (typeof validity !== 'number') throw invalidField('validity')
  // A client may have computed it: 0.1 days are 8640.000000000002 s in JavaScript, and the core takes the whole seconds of it.
  const seconds = Math.trunc(validity)
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
