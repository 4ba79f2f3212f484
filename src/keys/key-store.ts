/** All the keys of the service: who signs now, and who may verify a token. */
import type { JoseHeader } from '../check/token.ts'
import { ServiceError } from '../errors.ts'
import type { Key } from './key.ts'
import type { KeySource } from './key-source.ts'

/** Signs a payload text with the key that signs at this moment, as a compact JWS. */
export type Signer = (payload: string) => string | Promise<string>

export interface KeyStore {
  /**
   * A signer that follows its key's rotation.
   * @param name the source to sign with; the first that signs when left out
   * @throws ServiceError `internal` at each signing for which no key is there: no key, no token
   */
  readonly signer: (name?: string) => Signer
  /**
   * The keys that may have signed a token with this header, judged by `alg` and `kid` alone.
   * @param names the sources to look in; all of them when left out
   */
  readonly candidates: (header: JoseHeader, names?: readonly string[]) => readonly Key[]
}

/** @param now the clock, in milliseconds since 1970 */
export function createKeyStore(sources: readonly KeySource[], now: () => number): KeyStore {
  return {
    signer(name) {
      const eligible =
        name === undefined ? sources : sources.filter((source) => source.name === name)
      return function signWithCurrentKey(payload) {
        const time = now()
        for (const source of eligible) {
          const sign = source.signingKey(time)?.sign
          if (sign !== undefined) return sign(payload)
        }
        throw new ServiceError('internal', 'No key can sign now.', { status: 500 })
      }
    },
    candidates(header, names) {
      const time = now()
      const eligible =
        names === undefined
          ? sources
          : sources.filter(({ name }) => name !== undefined && names.includes(name))
      return eligible.flatMap((source) =>
        source.verificationKeys(time).filter((key) => mayHaveSigned(key, header))
      )
    }
  }
}

/** The algorithm comes from the key (RFC 8725, section 3.1). A kid only counts where both sides have one. */
function mayHaveSigned(key: Key, header: JoseHeader): boolean {
  return (
    key.alg === header.alg &&
    (key.kid === undefined || header.kid === undefined || key.kid === header.kid)
  )
}
