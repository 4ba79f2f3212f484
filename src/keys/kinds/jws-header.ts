/** The header that a key gives to the tokens it signs. */
import type { Algorithm } from '../key.ts'

export interface JwsHeader {
  readonly alg: Algorithm
  readonly typ: string
  readonly kid?: string
}

/**
 * Puts a header together. The order of its members is part of the contract: alg, typ, kid.
 * @param typ `JWT` when left out (RFC 7519, section 5.1)
 */
export function createJwsHeader(
  alg: Algorithm,
  typ: string | undefined,
  kid: string | undefined
): JwsHeader {
  return { alg, typ: typ ?? 'JWT', ...(kid !== undefined && { kid }) }
}
