/** The wire format of the SuperTokens core: its JWT recipe, CDI 5.4. */
import { ServiceError } from '../errors.ts'
import type { Claims } from '../issue/claims.ts'
import type { IssuedToken } from '../issue/sign.ts'
import { readObject } from '../json/json-object.ts'
import { type JsonText, JsonTextError, parseJsonBytes, toJsonText } from '../json/json-text.ts'
import { bodyOf } from '../server/body.ts'
import type { AppContext } from '../server/request-state.ts'
import type { Protocol } from './protocol.ts'

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

export interface SupertokensProtocol extends Protocol {
  /**
   * @returns undefined where an algorithm is asked for that there is none of
   * @throws ServiceError for a request that is not of this format
   */
  readonly readRequest: (context: AppContext) => SupertokensRequest | undefined
  readonly writeToken: (context: AppContext, issued: IssuedToken) => void
  readonly writeUnsupportedAlgorithm: (context: AppContext) => void
  readonly writeVersions: (context: AppContext) => void
}

/** The version of the interface between core and client (CDI) that is spoken here. */
const CDI_VERSION = '5.4'

/** Where the versions of the interface are told, beside the path that tokens are issued on. */
export function versionPathOf(issue: string): string {
  return issue.replace(/recipe\/jwt$/, 'apiversion')
}

/** Takes the JSON that the SuperTokens client sends; answers as the core does, refusals included. */
export function createSupertokensProtocol(options: SupertokensOptions): SupertokensProtocol {
  const { mostSeconds, maxDepth } = options

  return {
    // The core has an answer of its own for methods that it does not know.
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],

    readRequest(context) {
      if (context.method !== 'POST') {
        throw new ServiceError('method_not_allowed', 'Method not supported', {
          status: 405,
          headers: { Allow: 'POST' }
        })
      }
      assertVersion(context.get('cdi-version'))
      const fields = readFields(bodyOf(context), maxDepth)
      const algorithm = textField(fields, 'algorithm')
      const claims = readPayload(fields)
      const jwksDomain = textField(fields, 'jwksDomain')
      if (!claims.has('iss')) claims.set('iss', toJsonText(jwksDomain))
      const validitySeconds = readValidity(fields, mostSeconds)
      const useStaticKey = readUseStaticKey(fields)
      return algorithm === 'RS256' ? { claims, validitySeconds, useStaticKey } : undefined
    },

    writeToken: (context, { token }) => writeJson(context, { status: 'OK', jwt: token }),
    writeUnsupportedAlgorithm: (context) =>
      writeJson(context, { status: 'UNSUPPORTED_ALGORITHM_ERROR' }),
    writeVersions: (context) => writeJson(context, { versions: [CDI_VERSION] }),

    writeError(context, error) {
      context.status = error.status
      context.set({
        'Content-Type': 'text/html; charset=UTF-8',
        'X-Content-Type-Options': 'nosniff'
      })
      context.body = error.message
    }
  }
}

function writeJson(context: AppContext, answer: object): void {
  context.set('Content-Type', 'application/json; charset=utf-8')
  context.set('Cache-Control', 'no-store')
  context.body = JSON.stringify(answer)
}

/** The client says the version that it has agreed on. What it says is told back only where it looks like one. */
function assertVersion(version: string): void {
  if (version === '' || version === CDI_VERSION) return
  const told = /^[\d.]{1,16}$/.test(version) ? version : 'given'
  throw badRequest(`cdi-version ${told} not supported`)
}

function readFields(body: Uint8Array, maxDepth: number): ReadonlyMap<string, JsonText> {
  let text: JsonText
  try {
    text = parseJsonBytes(body, maxDepth)
  } catch (error) {
    if (error instanceof JsonTextError) throw badRequest('Invalid Json Input')
    throw error
  }
  if (!text.startsWith('{')) throw badRequest('Invalid Json Input')
  return readObject(text)
}

function readPayload(fields: ReadonlyMap<string, JsonText>): Map<string, JsonText> {
  const payload = fields.get('payload')
  if (payload?.startsWith('{') !== true) throw invalidField('payload')
  return readObject(payload)
}

function readValidity(fields: ReadonlyMap<string, JsonText>, mostSeconds: number): number {
  const validity = fieldValue(fields, 'validity')
  if (!Number.isSafeInteger(validity)) throw invalidField('validity')
  const seconds = validity as number
  // The core says so of zero, too.
  if (seconds <= 0) throw badRequest('validity must be greater than or equal to 0')
  if (seconds > mostSeconds) {
    throw badRequest(`validity must be less than or equal to ${mostSeconds}`)
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
  return badRequest(`Field name '${name}' is invalid in JSON input`)
}

function badRequest(message: string): ServiceError {
  return new ServiceError('invalid_request', message, { status: 400 })
}
