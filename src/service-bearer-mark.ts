/** The mark of service bearers, which sets them apart from issued tokens that the same key has signed (RFC 8725, section 3.12). */

/** A claim that no issued token may carry, whatever a source gives, and its value in a service bearer. */
export const BEARER_MARK = { claim: 'txtoken_use', value: 'service-bearer' } as const

/** The `typ` of a service bearer, which no issued token may have (RFC 8725, section 3.11). The flat form has the `typ` of the original program, which is `JWT`. */
export const BEARER_TYP = 'service-bearer+jwt'

/** Whether a `typ` is the one of service bearers: it is a media type, so it is case-insensitive, and may be written in full (RFC 7515, section 4.1.9). */
export function isBearerTyp(typ: string): boolean {
  return typ.toLowerCase().replace(/^application\//, '') === BEARER_TYP
}
