/** The three ways to revoke, and how long each is remembered. */
import { type Revocation, shortenName } from './revocation.ts'

/** Each rejects with a ServiceError `check_unavailable` where it is not known that the store has it. */
export interface Revoke {
  /** @param expiresAt the `exp` claim, in seconds since 1970; a token without one is remembered for good */
  readonly token: (
    issuer: string | undefined,
    id: string,
    expiresAt: number | undefined
  ) => Promise<void>
  /** All tokens of a subject that were issued until now, the second that has begun included. */
  readonly subject: (issuer: string | undefined, subject: string) => Promise<void>
  /** All tokens that a key has signed or will sign, for good: who has the key can sign at any time. */
  readonly key: (kid: string) => Promise<void>
}

export interface RevokeOptions {
  readonly revoke: (revocation: Revocation) => Promise<void>
  /** How long after its end a token may still pass a check, in milliseconds. */
  readonly skewMs: number
  /** How long any token of a subject may live, in milliseconds. */
  readonly keepSubjectsMs: number
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** Makes the three ways, which name what is revoked and say how long that is kept. */
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
