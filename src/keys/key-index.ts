/** Finds keys of sources by the header of a token; the index is rebuilt when keys change, not for each token. */
import { namesOf } from './algorithms.ts'
import type { Key } from './key.ts'
import type { KeySource } from './key-source.ts'
import type { JoseHeader } from './token.ts'

interface KeyIndex {
  /** The keys that may have signed a token with this header, in the order of the sources. */
  readonly candidates: (header: JoseHeader) => readonly Key[]
  readonly has: (key: Key) => boolean
}

/** Returns the index of the keys at a time, in milliseconds since 1970. */
type KeyIndexAt = (time: number) => KeyIndex

/** Makes the index of sources. Fixed ones are read once; only the others are asked each time, for a list that is mostly the same. */
export function createKeyIndexAt(sources: readonly KeySource[]): KeyIndexAt {
  const lists: (readonly Key[])[] = sources.map(() => [])
  const changing = sources.flatMap((source, place) =>
    source.isFixed === true ? [] : [{ source, place }]
  )
  let index: KeyIndex | undefined

  return function keyIndexAt(time) {
    let isCurrent = index !== undefined
    for (const { source, place } of changing) {
      const list = source.verificationKeys(time)
      if (list === lists[place]) continue
      lists[place] = list
      isCurrent = false
    }
    if (index === undefined) {
      for (const [place, source] of sources.entries()) {
        if (source.isFixed === true) lists[place] = source.verificationKeys(time)
      }
    }
    if (index === undefined || !isCurrent) index = createKeyIndex(lists.flat())
    return index
  }
}

/** The keys of one algorithm. */
interface KeysOfAlgorithm {
  readonly all: Key[]
  readonly nameless: Key[]
  /** By kid, each list with the keys without a kid. */
  readonly byKid: Map<string, Key[]>
}

const NO_KEYS: readonly Key[] = []

/** The algorithm comes from the key (RFC 8725, section 3.1). A kid only counts where both sides have one. */
function createKeyIndex(keys: readonly Key[]): KeyIndex {
  const byAlgorithm = new Map<string, KeysOfAlgorithm>()
  for (const key of keys) {
    for (const name of namesOf(key.alg)) {
      const known = byAlgorithm.get(name) ?? { all: [], nameless: [], byKid: new Map() }
      byAlgorithm.set(name, known)
      add(known, key)
    }
  }
  const held = new Set(keys)

  return {
    candidates({ alg, kid }) {
      const known = byAlgorithm.get(alg)
      if (known === undefined) return NO_KEYS
      return kid === undefined ? known.all : (known.byKid.get(kid) ?? known.nameless)
    },
    has: (key) => held.has(key)
  }
}

function add({ all, nameless, byKid }: KeysOfAlgorithm, key: Key): void {
  all.push(key)
  if (key.kid === undefined) {
    nameless.push(key)
    for (const list of byKid.values()) list.push(key)
    return
  }
  const list = byKid.get(key.kid)
  if (list === undefined) byKid.set(key.kid, [...nameless, key])
  else list.push(key)
}
