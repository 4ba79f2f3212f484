/** Sealing: replaces fields of a JSON document by signed tokens, and leaves everything else as written. */
import { ServiceError } from '../errors.ts'
import { findFields } from '../json/find-fields.ts'
import { MOST_CLAIMS, type Place, readObject, textOf } from '../json/json-members.ts'
import type { JsonPath } from '../json/json-path.ts'
import { type JsonText, toJsonText } from '../json/json-text.ts'
import { remoteReply } from '../remote/remote-errors.ts'
import { type Claims, toNonEmptyText } from './claims.ts'
import { parseEnd, parseInstant } from './instants.ts'
import type { Sign } from './sign.ts'

/** A field whose value is the claims of a token. */
export interface FieldToSign {
  readonly path: JsonPath
  /** Whether documents without it are sealed too. A present one is always signed. */
  readonly optional: boolean
}

export interface SealedDocument {
  readonly document: JsonText
  /** The tokens in it, compact (RFC 7515, section 7.1). */
  readonly tokens: readonly string[]
}

/** @throws ServiceError `remote_reply` for a document of which a field cannot be signed: nothing of it may be sent then */
export type Seal = (document: JsonText) => Promise<SealedDocument>

export interface SealOptions {
  /** None of them is inside of another. */
  readonly fields: readonly FieldToSign[]
  readonly sign: Sign
  /** The longest that a field is valid; when left out, it expires by its own `exp` alone. */
  readonly lifetimeSeconds?: number | undefined
  /** Whether each field must have an `exp` of its own. */
  readonly requiresExp: boolean
  /** Whether signatures are written in the flattened JSON serialization (RFC 7515, section 7.2.2), as a string. */
  readonly full: boolean
}

/** More signatures than any login needs, and few enough not to keep other requests waiting. */
const MOST_FIELDS = 1000

/** A present field, which is an object. */
interface SignableField {
  /** Where it is in the document, in words. */
  readonly name: string
  readonly place: Place
}

/** Makes the function that seals documents. All fields are validated before the first is signed. */
export function createSeal(options: SealOptions): Seal {
  const { fields, sign, lifetimeSeconds = Number.POSITIVE_INFINITY, requiresExp, full } = options

  async function signField(document: JsonText, { name, place }: SignableField): Promise<string> {
    const claims = readObject(textOf(document, place), MOST_CLAIMS)
    if (claims.size > MOST_CLAIMS) throw unusable(name, `more than ${MOST_CLAIMS} members`)
    const expiresAt = readExp(claims, name, requiresExp)
    tidyClaims(claims, name)
    try {
      return (await sign(claims, { lifetimeSeconds, expiresAt })).token
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'remote_reply') throw error
      throw unusable(name, error.message)
    }
  }

  return async function seal(document) {
    if (!document.startsWith('{')) throw remoteReply('reply is not a JSON object')
    const found = fields.flatMap((field) => findSignable(document, field))
    if (found.length > MOST_FIELDS) {
      throw remoteReply(`reply has more than ${MOST_FIELDS} fields to sign`)
    }
    const tokens = await Promise.all(found.map((field) => signField(document, field)))
    const replacements = found.map(({ place }, index) => ({ place, token: tokens[index] ?? '' }))
    return { document: replace(document, replacements, full), tokens }
  }
}

function findSignable(document: JsonText, { path, optional }: FieldToSign): SignableField[] {
  const search = { skipsMissing: optional, most: MOST_FIELDS }
  return findFields(document, path, search).flatMap(({ trail, place }): SignableField[] => {
    const name = trail.join('.')
    const value = place === undefined ? undefined : textOf(document, place)
    if (optional && (value === undefined || value === 'null')) return []
    if (place === undefined) throw unusable(name, 'missing from the reply')
    if (!value?.startsWith('{')) throw unusable(name, 'not an object')
    return [{ name, place }]
  })
}

/** The expiry set by the remote, in whole seconds since 1970; undefined without one, or for "never". */
function readExp(claims: Claims, name: string, isRequired: boolean): number | undefined {
  const seconds = parseEnd(JSON.parse(claims.get('exp') ?? NULL))
  if (seconds === undefined) throw unusable(name, 'exp is not a time')
  if (seconds < Number.POSITIVE_INFINITY) return seconds
  if (isRequired)
    throw unusable(name, (claims.get('exp') ?? NULL) === NULL ? 'no exp' : 'exp has no end')
  return undefined
}

const NULL = 'null'

/** Claims of RFC 7519 (section 4.1), none of which may be null. */
const REGISTERED_CLAIMS = ['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti'] as const

/**
 * Makes registered claims of the remote such that a check can read them: null is left out, an `iat` or `nbf` in milliseconds or in text becomes seconds, a `jti` of digits becomes text.
 * @throws ServiceError `remote_reply` for one that has no meaning: a token whose `jti` is no text could not be revoked
 */
function tidyClaims(claims: Map<string, JsonText>, name: string): void {
  for (const claim of REGISTERED_CLAIMS) {
    if (claims.get(claim) === NULL) claims.delete(claim)
  }
  for (const claim of ['iat', 'nbf'] as const) {
    const text = claims.get(claim)
    if (text === undefined) continue
    const value: unknown = JSON.parse(text)
    const seconds = parseInstant(value)
    if (seconds === undefined || seconds === Number.POSITIVE_INFINITY) {
      throw unusable(name, `${claim} is not a time`)
    }
    // A number of seconds stays as written.
    const isSeconds = typeof value === 'number' && seconds === Math.floor(value)
    if (!isSeconds) claims.set(claim, toJsonText(seconds))
  }
  const id = claims.get('jti')
  if (id === undefined) return
  const text = toNonEmptyText(id)
  if (text === undefined) throw unusable(name, 'jti is not text')
  claims.set('jti', text)
}

/** @param replacements of places that do not overlap */
function replace(
  document: JsonText,
  replacements: readonly { readonly place: Place; readonly token: string }[],
  full: boolean
): JsonText {
  let text = ''
  let keptFrom = 0
  for (const { place, token } of replacements.toSorted((a, b) => a.place.start - b.place.start)) {
    const value = full ? JSON.stringify(toFlattenedJson(token)) : `"${token}"`
    text += document.slice(keptFrom, place.start) + value
    keptFrom = place.end
  }
  return (text + document.slice(keptFrom)) as JsonText
}

function toFlattenedJson(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.')
  return `{"payload":"${payload}","protected":"${header}","signature":"${signature}"}`
}

function unusable(name: string, message: string): ServiceError {
  return remoteReply(`${name}: ${message}`)
}
