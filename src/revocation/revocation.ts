/** What can be revoked, how long each revocation is kept, and the text under which stores keep it. */
import { createHash } from 'node:crypto'

/** An undefined issuer is for tokens without `iss`: they are a separate namespace. */
export type Revoked =
  | { readonly kind: 'token'; readonly issuer: string | undefined; readonly jti: string }
  | {
      readonly kind: 'subject'
      readonly issuer: string | undefined
      readonly subject: string
      /** The last second, since 1970, whose tokens are revoked. `iat` is no finer, so the whole second is. */
      readonly issuedUpTo: number
    }
  | { readonly kind: 'key'; readonly kid: string }

export interface Revocation {
  readonly revoked: Revoked
  /** When it may be removed, in milliseconds since 1970; Infinity for never. */
  readonly until: number
}

/** Longer names are kept as their hash, so that one entry takes no more room than another. */
const LONGEST_NAME = 64

/**
 * The form in which a `jti`, `sub`, `iss` or `kid` is kept and looked up. A hash is one character longer than any name
 * that is kept unchanged, so the two are never mistaken for each other.
 */
export function shortenName(name: string): string {
  if (name.length <= LONGEST_NAME) return name
  return `#${createHash('sha256').update(name).digest('hex')}`
}

const FAMILY_LENGTH = 22
const ID_IN_FAMILY_LENGTH = 2 * FAMILY_LENGTH + 1

/** Names a family of tokens by random bytes: 22 characters in base64url, which reveal nothing of the bytes. */
export function nameFamily(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url').slice(0, FAMILY_LENGTH)
}

/** The `jti` of a token in a family. */
export function idInFamily(family: string, id: string): string {
  return familyId(family) + id
}

/** A family is revoked by this in place of a `jti`: one entry, however many tokens it has. */
export function familyId(family: string): string {
  return `${family}.`
}

/** The {@link familyId} that a `jti` begins with, by its form alone; undefined where it has another form. */
export function familyIdOf(jti: string): string | undefined {
  const isInFamily = jti.length === ID_IN_FAMILY_LENGTH && jti[FAMILY_LENGTH] === '.'
  return isInFamily ? jti.slice(0, FAMILY_LENGTH + 1) : undefined
}

/** The name of the family that a `jti` is in, by its form alone; undefined where it has another form. */
export function familyNameOf(jti: string): string | undefined {
  return familyIdOf(jti)?.slice(0, FAMILY_LENGTH)
}

/** Writes a revoked thing as text: always the same text for the same thing. */
export function formatRevoked(revoked: Revoked): string {
  switch (revoked.kind) {
    case 'token':
      return JSON.stringify(['token', revoked.issuer ?? null, revoked.jti])
    case 'subject':
      return JSON.stringify([
        'subject',
        revoked.issuer ?? null,
        revoked.subject,
        revoked.issuedUpTo
      ])
    case 'key':
      return JSON.stringify(['key', revoked.kid])
  }
}

/**
 * Reads a text of {@link formatRevoked}.
 * @throws TypeError for any other text: an unreadable entry must not be ignored
 */
export function parseRevoked(text: string): Revoked {
  const [kind, first, second, third] = readList(text)
  if (kind === 'key' && typeof first === 'string') return { kind, kid: first }
  if ((first === null || typeof first === 'string') && typeof second === 'string') {
    const issuer = first ?? undefined
    if (kind === 'token') return { kind, issuer, jti: second }
    if (kind === 'subject' && typeof third === 'number') {
      return { kind, issuer, subject: second, issuedUpTo: third }
    }
  }
  throw new TypeError('the revocation store holds an entry of an unknown kind')
}

function readList(text: string): unknown[] {
  try {
    const list: unknown = JSON.parse(text)
    return Array.isArray(list) ? list : []
  } catch {
    return []
  }
}

/** The three ways to revoke. Each rejects with a ServiceError `check_unavailable` where it is not known that the store has it. */
export interface Revoke {
  /** @param expiresAt the `exp` claim, in seconds since 1970; the revocation of a token without one is kept for good */
  readonly token: (
    issuer: string | undefined,
    id: string,
    expiresAt: number | undefined
  ) => Promise<void>
  /** All tokens of a subject that were issued until now, including the current second. */
  readonly subject: (issuer: string | undefined, subject: string) => Promise<void>
  /** All tokens that a key has signed or will sign, for good: a holder of the key can sign at any time. */
  readonly key: (kid: string) => Promise<void>
}

export interface RevokeOptions {
  readonly revoke: (revocation: Revocation) => Promise<void>
  /** How long after its `exp` a token may still pass a check, in milliseconds. */
  readonly skewMs: number
  /** How long any token of a subject may live, in milliseconds. */
  readonly keepSubjectsMs: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** Makes the three ways to revoke: each names what is revoked, and decides how long that is kept. */
export function createRevoke({ revoke, skewMs, keepSubjectsMs, now }: RevokeOptions): Revoke {
  return {
    async token(issuer, id, expiresAt = Number.POSITIVE_INFINITY) {
      const until = expiresAt * 1000 + skewMs
      if (until <= now()) return
      const revoked = { kind: 'token', issuer: shorten(issuer), jti: shortenName(id) } as const
      await revoke({ revoked, until })
    },
    async subject(issuer, subject) {
      const time = now()
      await revoke({
        revoked: {
          kind: 'subject',
          issuer: shorten(issuer),
          subject: shortenName(subject),
          issuedUpTo: Math.floor(time / 1000)
        },
        until: time + keepSubjectsMs + skewMs
      })
    },
    async key(kid) {
      const revoked = { kind: 'key', kid: shortenName(kid) } as const
      await revoke({ revoked, until: Number.POSITIVE_INFINITY })
    }
  }
}

function shorten(issuer: string | undefined): string | undefined {
  return issuer === undefined ? undefined : shortenName(issuer)
}
