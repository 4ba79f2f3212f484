/** Remembers which key verified the last token of a kind: the next one without a `kid` is most likely signed with the same key. */
import type { Key } from '../../keys/key.ts'
import type { Token } from '../../keys/token.ts'

export interface LastKeys {
  /** The keys with the one that verified the last such token first; in their own order, where none of them did. */
  readonly putFirst: (token: Token, keys: readonly Key[]) => readonly Key[]
  /** Records the key that has verified a token. */
  readonly remember: (token: Token, key: Key) => void
}

/** Issuers with their algorithms. An issuer is remembered once a token of it is verified, so clients cannot fill the memory with made-up ones. */
const MOST_KINDS = 100
/** Characters of an issuer. Longer ones are not remembered. */
const LONGEST_ISSUER = 512

/** Makes the memory of one verifier. Tokens are of a kind where algorithm and issuer are the same. */
export function createLastKeys(): LastKeys {
  // A plain Map: the client is loaded by other services, and needs no library for this.
  const keys = new Map<string, Key>()

  return {
    putFirst(token, candidates) {
      const kind = kindOf(token)
      const last = kind === undefined ? undefined : keys.get(kind)
      if (last === undefined || last === candidates[0] || !candidates.includes(last)) {
        return candidates
      }
      return [last, ...candidates.filter((key) => key !== last)]
    },
    remember(token, key) {
      const kind = kindOf(token)
      if (kind === undefined || keys.get(kind) === key) return
      const [oldest] = keys.keys()
      if (oldest !== undefined && keys.size >= MOST_KINDS && !keys.has(kind)) keys.delete(oldest)
      keys.set(kind, key)
    }
  }
}

function kindOf({ header: { alg }, payload: { iss } }: Token): string | undefined {
  if (iss === undefined) return alg
  return typeof iss === 'string' && iss.length <= LONGEST_ISSUER ? `${alg} ${iss}` : undefined
}
