/** All keys of the service: the key that signs now, and the keys that may verify a token. */
import { ServiceError } from '../errors.ts'
import type { Key, PublicJwk, SignPayload } from './key.ts'
import { KeyError } from './key-error.ts'
import { createKeyIndexAt } from './key-index.ts'
import type { KeySource, LastFetch } from './key-source.ts'
import type { JoseHeader } from './token.ts'

/** Signs with the key that signs at this moment. */
export type Signer = SignPayload

/** The public half of a key, in both forms that it is published in. */
export interface PublishedKey {
  readonly jwk: PublicJwk
  readonly pem: string
}

/** Sources by name: some, or all but some. */
export type KeySelection = readonly string[] | { readonly except: readonly string[] }

export const ALL_KEYS: KeySelection = { except: [] }

export interface KeyStore {
  /**
   * A signer that follows its key's rotation.
   * @param name the source to sign with; when left out, the first of all in their order that signs now
   * @param typ of the header; by default the typ of the key
   * @throws ServiceError `internal` at each signing without a key: no key, no token
   */
  readonly signer: (name?: string, typ?: string) => Signer
  /**
   * The keys that may have signed a token with this header, by `alg` and `kid` alone.
   * @param selection the sources to look in; all of them when left out
   */
  readonly candidates: (header: JoseHeader, selection?: KeySelection) => readonly Key[]
  /**
   * Whether tokens may still be verified with a key that was a candidate before.
   * @param selection the sources to look in; all of them when left out
   */
  readonly isCurrent: (key: Key, selection?: KeySelection) => boolean
  /** What is to be published at this time, by kid. Symmetric keys have no public half, so they are never there. */
  readonly published: () => ReadonlyMap<string, PublishedKey>
  /** When that changes next, as far as is known, in milliseconds since 1970; Infinity when nothing is planned. */
  readonly changesAt: () => number
  /**
   * Lets the sources look for a missing key that a token names. Each source limits how often it really does so.
   * @param selection the sources to look in; all of them when left out
   */
  readonly refreshForKid: (kid: string, selection?: KeySelection) => Promise<void>
  /**
   * Whether it is currently unknown if a source has a key for a token with this header.
   * @param selection the sources to ask; all of them when left out
   */
  readonly isUncertain: (header: JoseHeader, selection?: KeySelection) => boolean
  /** The state of each source at this time, for people, without key material. */
  readonly states: () => readonly SourceState[]
  /**
   * Starts all sources, side by side.
   * @throws KeyError with the errors of all sources that cannot start; all of them are closed then
   */
  readonly start: () => Promise<void>
  /** Stops all timers and connections of the sources. */
  readonly close: () => void
}

/** A source, for operators. */
export interface SourceState {
  readonly name: string | undefined
  /** The key that signs. */
  readonly signing: KeyName | undefined
  readonly verifying: readonly KeyName[]
  /** When its published keys change next, in milliseconds since 1970; Infinity where nothing is planned. */
  readonly changesAt: number
  readonly lastFetch: LastFetch | undefined
}

type KeyName = Pick<Key, 'kid' | 'alg'>

const nameOf = ({ kid, alg }: Key): KeyName => ({ kid, alg })

/** The sources of a selection. */
interface Selected {
  readonly sources: readonly KeySource[]
  readonly indexAt: ReturnType<typeof createKeyIndexAt>
}

/**
 * @param sources in the order in which they are asked for a key that signs
 * @param now the clock, in milliseconds since 1970
 */
export function createKeyStore(sources: readonly KeySource[], now: () => number): KeyStore {
  // Routes make their selections at the start, and pass the same objects with each request.
  const selected = new WeakMap<KeySelection, Selected>()

  function select(selection: KeySelection): Selected {
    const known = selected.get(selection)
    if (known !== undefined) return known
    const found = findSelected(selection)
    const made = { sources: found, indexAt: createKeyIndexAt(found) }
    selected.set(selection, made)
    return made
  }

  function findSelected(selection: KeySelection): readonly KeySource[] {
    if (selection === ALL_KEYS) return sources
    if ('except' in selection) {
      return sources.filter(({ name }) => name === undefined || !selection.except.includes(name))
    }
    return sources.filter(({ name }) => name !== undefined && selection.includes(name))
  }

  function close(): void {
    for (const source of sources) source.close?.()
  }

  return {
    signer(name, typ) {
      const signOf = typ === undefined ? signOfKey : createSignAs(typ)
      const eligible = findSelected(name === undefined ? ALL_KEYS : [name])
      return function signWithCurrentKey(payload) {
        const time = now()
        for (const source of eligible) {
          const key = source.signingKey(time)
          const sign = key === undefined ? undefined : signOf(key)
          if (sign !== undefined) return sign(payload)
        }
        throw new ServiceError('internal', 'No key can sign now.', { status: 500 })
      }
    },
    candidates: (header, selection = ALL_KEYS) =>
      select(selection).indexAt(now()).candidates(header),
    isCurrent: (key, selection = ALL_KEYS) => select(selection).indexAt(now()).has(key),
    published() {
      const time = now()
      const published = new Map<string, PublishedKey>()
      for (const source of sources) {
        for (const { publicJwk: jwk, publicPem: pem } of source.publishedKeys(time)) {
          if (jwk !== undefined && pem !== undefined) published.set(jwk.kid, { jwk, pem })
        }
      }
      return published
    },
    changesAt() {
      const time = now()
      return Math.min(...sources.map((source) => source.changesAt(time)))
    },
    async refreshForKid(kid, selection = ALL_KEYS) {
      await Promise.all(select(selection).sources.map((source) => source.refreshForKid?.(kid)))
    },
    isUncertain: (header, selection = ALL_KEYS) =>
      select(selection).sources.some((source) => source.isUncertain?.(header) === true),
    states() {
      const time = now()
      return sources.map((source) => {
        const signing = source.signingKey(time)
        return {
          name: source.name,
          signing: signing && nameOf(signing),
          verifying: source.verificationKeys(time).map(nameOf),
          changesAt: source.changesAt(time),
          lastFetch: source.lastFetch?.()
        }
      })
    },
    async start() {
      const results = await Promise.allSettled(sources.map((source) => source.start?.()))
      const reasons = results.flatMap((result) =>
        result.status === 'rejected' ? [result.reason] : []
      )
      if (reasons.length === 0) return
      close()
      throw combineReasons(reasons)
    },
    close
  }
}

function signOfKey({ sign }: Key): SignPayload | undefined {
  return sign
}

/** Headers are built once for each key, and dropped along with it. */
function createSignAs(typ: string): (key: Key) => SignPayload | undefined {
  const known = new WeakMap<Key, SignPayload>()

  return function signOfKeyAs(key) {
    const sign = known.get(key) ?? key.signAs?.(typ)
    if (sign !== undefined) known.set(key, sign)
    return sign
  }
}

/** The message of a KeyError can be shown; any other error is a bug of the program and is thrown again. */
function combineReasons(reasons: readonly unknown[]): unknown {
  const fault = reasons.find((reason) => !(reason instanceof KeyError))
  return fault ?? new KeyError(reasons.map((reason) => (reason as KeyError).message).join('; '))
}
