/** Revocations as they travel to Redis and back: the text of each, and its end. */
import { formatRevoked, parseRevoked, type Revocation } from '../revocation.ts'

const NEVER = 'inf'

export type EntryPair = readonly [end: string, text: string]

/** What Redis is given for a revocation. */
export function toPair({ revoked, until }: Revocation): EntryPair {
  return [until === Number.POSITIVE_INFINITY ? NEVER : String(until), formatRevoked(revoked)]
}

/** @throws TypeError for a text that is no revocation */
export function fromPair([end, text]: EntryPair): Revocation {
  const until = end === NEVER ? Number.POSITIVE_INFINITY : Number(end)
  return { revoked: parseRevoked(text), until }
}

/** What is published of a write. */
export interface WriteMessage {
  readonly epoch: string
  readonly sequence: number
  readonly entries: readonly EntryPair[]
}

/** Reads what {@link ADD_REVOCATIONS} has published. */
export function parseMessage(text: string): WriteMessage {
  return JSON.parse(text) as WriteMessage
}
