/** What can be revoked, and the text by which stores keep it. */
import { createHash } from 'node:crypto'

/** Of an issuer, undefined stands for tokens without `iss`: they are a namespace of their own. */
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
  /** When it may be forgotten, in milliseconds since 1970; Infinity for never. */
  readonly until: number
}

/** Longer names are kept as their hash, so that one entry takes no more room than another. */
const LONGEST_NAME = 64

/**
 * The form in which a `jti`, `sub`, `iss` or `kid` is kept and looked up. A hash is one character longer than any name
 * that is kept as it is, so the two are never mistaken for each other.
 */
export function shortenName(name: string): string {
  if (name.length <= LONGEST_NAME) return name
  return `#${createHash('sha256').update(name).digest('hex')}`
}

/** The text that stands for what is revoked: the same text for the same thing. */
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
 * Reads what {@link formatRevoked} wrote.
 * @throws TypeError for any other text: what cannot be read must not be taken for nothing
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
