/** The description of a rejected token in the log line: enough to find its issuer and its owner, and nothing that could be misused. */
import { createHash } from 'node:crypto'
import type { RejectedToken } from '../check/check.ts'
import { toVisible } from '../settings/clean-text.ts'

/** Members that are undefined are not logged. */
interface RejectedTokenLine {
  /** False: anyone could have written what follows. */
  readonly verified: boolean
  readonly kid: string | undefined
  readonly alg: string | undefined
  readonly iss: string | undefined
  readonly jti: string | undefined
  readonly sub: string | undefined
  /** How long ago its `exp` was, in seconds. Undefined where it is in the future, or not a time. */
  readonly expiredSecondsAgo: number | undefined
}

export type DescribeRejected = (rejected: RejectedToken) => RejectedTokenLine

export interface DescribeRejectedOptions {
  /** Whether the subject is logged: not at all, in plain text, or as a hash. */
  readonly subjects: boolean | 'hash'
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/** Characters of one value. Anyone can send a token with values of any length. */
const MOST_CHARACTERS = 128
/** Hexadecimal digits of a hash: few enough for a line, and enough that two subjects hardly share them. */
const HASH_DIGITS = 16

/** Makes the description. It runs for rejected tokens alone. */
export function createDescribeRejected({
  subjects,
  now
}: DescribeRejectedOptions): DescribeRejected {
  return function describeRejected({ token, verified }) {
    const { header } = token
    const { iss, jti, sub, exp } = verified?.claims ?? token.payload ?? {}
    return {
      verified: verified !== undefined,
      kid: shorten(verified?.kid ?? header?.kid),
      alg: shorten(header?.alg),
      iss: shorten(iss),
      jti: shorten(jti),
      sub: describeSubject(sub, subjects),
      expiredSecondsAgo: secondsSince(exp, now())
    }
  }
}

/** Limits a value, and escapes control characters. */
function shorten(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const text = toVisible(value.slice(0, MOST_CHARACTERS))
  return value.length > MOST_CHARACTERS ? `${text}…` : text
}

function describeSubject(sub: unknown, subjects: boolean | 'hash'): string | undefined {
  if (subjects === false || typeof sub !== 'string') return undefined
  return subjects === 'hash'
    ? createHash('sha256').update(sub).digest('hex').slice(0, HASH_DIGITS)
    : shorten(sub)
}

function secondsSince(exp: unknown, nowMs: number): number | undefined {
  if (typeof exp !== 'number' || !Number.isFinite(exp)) return undefined
  const seconds = Math.floor(nowMs / 1000 - exp)
  return seconds < 0 ? undefined : seconds
}
