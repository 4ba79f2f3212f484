/** Parses a compact JWS, and rejects it before any cryptography when its form is wrong. */
import { invalidToken } from '../errors.ts'
import { countMembers } from '../json/json-members.ts'
import { type JsonText, JsonTextError, type ReadJson, readJsonBytes } from '../json/json-text.ts'

/** A JWS header (RFC 7515, section 4), as far as this service reads it. */
export interface JoseHeader {
  readonly alg: string
  readonly kid?: string | undefined
  readonly typ?: string | undefined
}

/** A compact JWS (RFC 7515, section 7.1). It must not be trusted until a key has verified it. */
export interface Token {
  readonly raw: string
  readonly header: JoseHeader
  readonly headerText: JsonText
  readonly payloadText: JsonText
  /** The payload as JavaScript values: claims that are not verified yet. */
  readonly payload: VerifiedClaims
  readonly signature: string
  readonly signatureBytes: Buffer
}

/** An opaque token, not a JWT. Only its issuer knows its meaning. */
export interface OpaqueToken {
  readonly raw: string
  readonly header?: never
  readonly payload?: never
}

/** The claims of a token whose signature is verified (RFC 7519, section 4), as JavaScript values. */
export type VerifiedClaims = Readonly<Record<string, unknown>>

/**
 * Takes a token apart (RFC 7519, section 7.2, steps 1 to 6).
 * @param raw the token as the client sent it
 * @param maxDepth how deep the JSON of header and payload may nest
 * @param maxLength the longest token, in characters
 * @throws ServiceError `invalid_token` with the reason `too_large`, `malformed`, `duplicate`, `critical` or `algorithm`
 */
export function parseToken(
  raw: string,
  maxDepth: number,
  maxLength = Number.POSITIVE_INFINITY
): Token {
  if (raw.length > maxLength) throw tooLarge()
  const [firstDot, secondDot, thirdDot] = findDots(raw)
  if (secondDot === -1 || thirdDot !== -1) throw wrongPartCount(raw)
  const signature = raw.slice(secondDot + 1)
  const signatureBytes = decodePart(signature, 'signature')
  const header = decodeHeader(raw.slice(0, firstDot), maxDepth)
  const payload = decodeJsonObject(raw.slice(firstDot + 1, secondDot), 'payload', maxDepth)
  return {
    raw,
    header: parseHeader(header.value),
    headerText: header.text,
    payloadText: payload.text,
    payload: payload.value,
    signature,
    signatureBytes
  }
}

/** The characters of an access token in OAuth (RFC 6749, appendix A.12), except the space, which ends a token in a header. */
const OPAQUE = /^[\x21-\x7e]+$/
/** Parts of a compact JWE (RFC 7516, section 7.1): only the issuer can read it. */
const JWE_PARTS = 5

/**
 * Reads a token that may be opaque. A token that looks like a JWS is parsed as one: otherwise a token that is revoked here would pass
 * in another spelling.
 * @throws ServiceError as {@link parseToken} does
 */
export function parseAnyToken(
  raw: string,
  maxDepth: number,
  maxLength = Number.POSITIVE_INFINITY
): Token | OpaqueToken {
  if (raw.length > maxLength) throw tooLarge()
  return looksLikeJws(raw) || !OPAQUE.test(raw) ? parseToken(raw, maxDepth, maxLength) : { raw }
}

function looksLikeJws(raw: string): boolean {
  const [first = '', ...others] = raw.split('.', JWE_PARTS + 1)
  if (others.length < 2 || others.length + 1 === JWE_PARTS) return false
  // As lenient as any decoder may be.
  return /^[\s\ufeff]*\{/.test(Buffer.from(first, 'base64url').toString())
}

function tooLarge() {
  return invalidToken('Token is too large', 'too_large')
}

interface DecodedHeader extends JsonObject {
  readonly part: string
  readonly maxDepth: number
}

/** The header decoded last: all tokens of one key have the same, and decoding it costs about 2 microseconds of 30 for a check. */
let lastHeader: DecodedHeader | undefined

/** Decodes a header. An undecodable one is not cached; the content of a header is checked for each token. */
function decodeHeader(part: string, maxDepth: number): JsonObject {
  if (lastHeader?.part === part && lastHeader.maxDepth === maxDepth) return lastHeader
  const { text, value } = decodeJsonObject(part, 'header', maxDepth)
  // A copy: a part of a text keeps all of it in memory, here a whole token.
  lastHeader = { part: Buffer.from(part).toString(), maxDepth, text, value }
  return lastHeader
}

/** Finds them one by one: `split` copies, and costs more than all the work on the parts. */
function findDots(raw: string): readonly [number, number, number] {
  const first = raw.indexOf('.')
  const second = first === -1 ? -1 : raw.indexOf('.', first + 1)
  const third = second === -1 ? -1 : raw.indexOf('.', second + 1)
  return [first, second, third]
}

function wrongPartCount(raw: string) {
  return raw.split('.', 6).length === 5
    ? malformed('Token has five parts, as an encrypted one, expected three')
    : malformed('Token is malformed: expected three parts')
}

function parseHeader({ alg, kid, typ, crit, b64 }: JsonObject['value']): JoseHeader {
  // No extension is understood here, and one that is marked critical must not be ignored (RFC 7515, section 4.1.11).
  if (crit !== undefined || b64 !== undefined) {
    throw invalidToken('Token header asks for an extension that is not supported', 'critical')
  }
  if (typeof alg !== 'string' || alg === '') {
    const found = alg === undefined ? 'no alg' : 'an alg that is no name'
    throw invalidToken(`Token header has ${found}`, 'algorithm')
  }
  if (alg.toLowerCase() === 'none') throw invalidToken('Token is not signed', 'algorithm')
  if (kid !== undefined && typeof kid !== 'string') {
    throw malformed('Token header has a kid that is no string')
  }
  if (typ !== undefined && typeof typ !== 'string') {
    throw malformed('Token header has a typ that is no string')
  }
  return { alg, kid, typ }
}

interface JsonObject {
  readonly text: JsonText
  readonly value: Readonly<Record<string, unknown>>
}

function decodeJsonObject(part: string, name: string, maxDepth: number): JsonObject {
  let json: ReadJson
  try {
    json = readJsonBytes(decodePart(part, name), maxDepth)
  } catch (error) {
    if (error instanceof JsonTextError) {
      throw malformed(`Token ${name} is not JSON: ${error.message}`)
    }
    throw error
  }
  if (!json.text.startsWith('{')) throw malformed(`Token ${name} is not a JSON object`)
  const object = json as ReadJson & JsonObject
  // Of two members of one name some readers take the first, others the last (RFC 7515, section 4; RFC 7519, section 4).
  if (countMembers(object.text) !== Object.keys(object.value).length) {
    throw invalidToken(`Token ${name} has a name twice`, 'duplicate')
  }
  return object
}

/** Base64url has one canonical spelling for each value. Others decode alike, and would make a second text of the same token. */
function decodePart(part: string, name: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (part === '') throw malformed(`Token ${name} is empty`)
  if (bytes.toString('base64url') !== part) {
    throw malformed(`Token ${name} is not canonical base64url`)
  }
  return bytes
}

function malformed(message: string) {
  return invalidToken(message, 'malformed')
}
