/** Sealing: fields of a JSON document are replaced by their signatures, and all else stays as it was written. */
import { ServiceError } from '../errors.ts'
import { findFields } from '../json/find-fields.ts'
import { MOST_CLAIMS, type Place, readObject, textOf } from '../json/json-members.ts'
import type { JsonPath } from '../json/json-path.ts'
import type { JsonText } from '../json/json-text.ts'
import { remoteReply } from '../remote/remote-errors.ts'
import type { Claims } from './claims.ts'
import type { Sign } from './sign.ts'

/** A field whose value is the claims of a token. */
export interface FieldToSign {
  readonly path: JsonPath
  /** Whether documents without it are sealed too. One that is there is signed in any case. */
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

/** More signatures than any login is answered with, and few enough not to keep other requests waiting. */
const MOST_FIELDS = 1000

/** The end of the year 9999, in seconds since 1970: a later `exp` is not in seconds. */
const LATEST_EXP = 253_402_300_799

/** A field that is there, and is an object. */
interface SignableField {
  /** Where it is in the document, in words. */
  readonly name: string
  readonly place: Place
}

/** Makes what seals documents. All fields are validated before the first is signed. */
export function createSeal(options: SealOptions): Seal {
  const { fields, sign, lifetimeSeconds = Number.POSITIVE_INFINITY, requiresExp, full } = options

  async function signField(document: JsonText, { name, place }: SignableField): Promise<string> {
    const claims = readObject(textOf(document, place), MOST_CLAIMS)
    if (claims.size > MOST_CLAIMS) throw unusable(name, `more than ${MOST_CLAIMS} members`)
    const expiresAt = readExp(claims, name, requiresExp)
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

/** The expiry that the remote has set, in whole seconds since 1970. */
function readExp(claims: Claims, name: string, isRequired: boolean): number | undefined {
  const text = claims.get('exp')
  if (text === undefined && isRequired) throw unusable(name, 'no exp')
  if (text === undefined) return undefined
  // Number() gives NaN for every JSON text that is not a number.
  const seconds = Math.floor(Number(text))
  if (!(seconds <= LATEST_EXP)) throw unusable(name, 'exp is not a time in seconds')
  return seconds
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
