/** The names of the files in a directory of generated keys. */
import { randomUUID } from 'node:crypto'
import { ALGORITHMS, type Algorithm } from '../key.ts'

/** A temporary file of this age was left behind: its writer has been stopped. */
const LEFTOVER_AGE_MS = 60 * 60 * 1000

const KEY_NAME = new RegExp(`^(${ALGORITHMS.join('|')})-(\\d{6,15})\\.json$`)
const TEMPORARY_NAME = /^\.[A-Za-z0-9]+-\d+\.json\.(\d+)\.[0-9a-f-]{36}\.tmp$/

/**
 * The place of a key in the line of keys for its algorithm. Its name can be taken once, and that is what replicas
 * agree by: the next key has the same name for all of them.
 */
export interface KeySlot {
  readonly alg: Algorithm
  /** 1 for the first key. */
  readonly sequence: number
}

/** The name of the file, such as `ES256-000001.json`. */
export function formatSlot({ alg, sequence }: KeySlot): string {
  return `${alg}-${String(sequence).padStart(6, '0')}.json`
}

/** @returns undefined for a name that {@link formatSlot} does not write */
export function parseSlot(name: string): KeySlot | undefined {
  const match = KEY_NAME.exec(name)
  if (match === null) return undefined
  const slot = { alg: match[1] as Algorithm, sequence: Number(match[2]) }
  return formatSlot(slot) === name ? slot : undefined
}

/** Names the file that a key is written to before it takes its slot. */
export function formatTemporary(slot: KeySlot, now: number): string {
  return `.${formatSlot(slot)}.${now}.${randomUUID()}.tmp`
}

/** Whether a file is a temporary one that was abandoned. */
export function isLeftover(name: string, now: number): boolean {
  const createdAt = TEMPORARY_NAME.exec(name)?.[1]
  return createdAt !== undefined && now - Number(createdAt) > LEFTOVER_AGE_MS
}
