/** The mark of service bearers, which sets them apart from issued tokens that the same key has signed (RFC 8725, section 3.12). */

/** A claim that no issued token may carry, whatever a source gives, and its value in a service bearer. */
export const BEARER_MARK = { claim: 'txtoken_use', value: 'service-bearer' } as const
