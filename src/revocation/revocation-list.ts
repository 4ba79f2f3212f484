/** The revocation list in memory, which every check reads synchronously. */
import type { VerifiedClaims } from '../keys/token.ts'
import { familyIdOf, type Revocation, shortenName } from './revocation.ts'

/** The parts of a token for a look-up: its claims, and the key that verified it. */
export interface RevocableToken {
  readonly claims: VerifiedClaims
  /** The name of the key that verified the token, where it has one. */
  readonly kid?: string | undefined
}

export interface RevocationList {
  /** Adds a revocation, or extends the existing one. */
  readonly add: (revocation: Revocation) => void
  /** Whether a verified token is revoked: by `iss` and `jti` or the family in it, by `iss`, `sub` and `iat`, or by the key that verified it. */
  readonly isRevoked: (verified: RevocableToken) => boolean
  /** The entries that have not expired. */
  readonly entries: () => Iterable<Revocation>
  readonly size: () => number
  /** Removes expired entries. */
  readonly sweep: () => void
}

interface RevokedSubject {
  readonly issuedUpTo: number
  readonly until: number
}

/** The revocations of one issuer. Times are milliseconds since 1970, except `issuedUpTo`. */
interface IssuerEntries {
  readonly tokens: Map<string, number>
  readonly subjects: Map<string, RevokedSubject>
}

/** @param now the clock, in milliseconds since 1970 */
export function createRevocationList(now: () => number): RevocationList {
  const issuers = new Map<string | undefined, IssuerEntries>()
  const keys = new Map<string, number>()
  let size = 0

  function entriesOf(issuer: string | undefined): IssuerEntries {
    const known = issuers.get(issuer)
    if (known !== undefined) return known
    const added = { tokens: new Map(), subjects: new Map() }
    issuers.set(issuer, added)
    return added
  }

  function put<Value>(map: Map<string, Value>, name: string, value: Value): void {
    if (!map.has(name)) size++
    map.set(name, value)
  }

  function forget<Value>(map: Map<string, Value>, isExpired: (value: Value) => boolean): void {
    for (const [name, value] of map) {
      if (!isExpired(value)) continue
      map.delete(name)
      size--
    }
  }

  /** By itself, or with its whole family. */
  function isTokenRevoked({ tokens }: IssuerEntries, jti: string): boolean {
    if (tokens.has(shortenName(jti))) return true
    const family = familyIdOf(jti)
    return family !== undefined && tokens.has(family)
  }

  return {
    add({ revoked, until }) {
      if (until <= now()) return
      if (revoked.kind === 'key') {
        put(keys, revoked.kid, Math.max(until, keys.get(revoked.kid) ?? 0))
        return
      }
      const { tokens, subjects } = entriesOf(revoked.issuer)
      if (revoked.kind === 'token') {
        put(tokens, revoked.jti, Math.max(until, tokens.get(revoked.jti) ?? 0))
        return
      }
      const known = subjects.get(revoked.subject)
      put(subjects, revoked.subject, {
        issuedUpTo: Math.max(revoked.issuedUpTo, known?.issuedUpTo ?? 0),
        until: Math.max(until, known?.until ?? 0)
      })
    },

    isRevoked({ claims: { iss, jti, sub, iat }, kid }) {
      if (size === 0) return false
      if (kid !== undefined && keys.has(shortenName(kid))) return true
      const entries = issuers.get(typeof iss === 'string' ? shortenName(iss) : undefined)
      if (entries === undefined) return false
      if (typeof jti === 'string' && isTokenRevoked(entries, jti)) return true
      const subject = typeof sub === 'string' ? entries.subjects.get(shortenName(sub)) : undefined
      if (subject === undefined) return false
      // A token without `iat` must not pass as a newer one.
      return !(Number.isFinite(iat) && Math.floor(Number(iat)) > subject.issuedUpTo)
    },

    *entries() {
      const time = now()
      for (const [kid, until] of keys) {
        if (until > time) yield { revoked: { kind: 'key', kid }, until }
      }
      for (const [issuer, { tokens, subjects }] of issuers) {
        for (const [jti, until] of tokens) {
          if (until > time) yield { revoked: { kind: 'token', issuer, jti }, until }
        }
        for (const [subject, { issuedUpTo, until }] of subjects) {
          if (until > time) {
            yield { revoked: { kind: 'subject', issuer, subject, issuedUpTo }, until }
          }
        }
      }
    },

    size: () => size,

    sweep() {
      const time = now()
      forget(keys, (until) => until <= time)
      for (const [issuer, { tokens, subjects }] of issuers) {
        forget(tokens, (until) => until <= time)
        forget(subjects, ({ until }) => until <= time)
        if (tokens.size + subjects.size === 0) issuers.delete(issuer)
      }
    }
  }
}
