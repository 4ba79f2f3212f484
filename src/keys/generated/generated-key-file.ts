/** The file of a generated key: its JWK (RFC 7517) with one member more, `txtoken`, which holds its schedule. */
import { type KeyObject, randomUUID } from 'node:crypto'
import type { Algorithm, Key } from '../key.ts'
import { KeyError } from '../key-error.ts'
import { createKey } from '../kinds/create-key.ts'
import { importJwk, parseJwk } from '../material/jwk.ts'
import { createKid, toSigningJwk } from '../material/new-key.ts'

/** Times are milliseconds since 1970. */
export interface GeneratedKeySchedule {
  readonly createdAt: number
  readonly signsFrom: number
  readonly longestLifetimeMs: number
}

export interface GeneratedKeyFile extends GeneratedKeySchedule {
  readonly key: Key & { readonly kid: string }
}

/** The default kid of a generated key: the RFC 7638 thumbprint. */
export const THUMBPRINT_KID = '{thumbprint}'

/**
 * Writes the text of the file: a secret.
 * @param kidPattern the kid, in which `{thumbprint}`, `{uuid}` and `{milliseconds}` (of its making) are filled in
 */
export function formatKeyFile(
  alg: Algorithm,
  material: KeyObject,
  { createdAt, signsFrom, longestLifetimeMs }: GeneratedKeySchedule,
  kidPattern: string = THUMBPRINT_KID
): string {
  const kid = kidPattern
    .replace(THUMBPRINT_KID, () => createKid(alg, material))
    .replace('{uuid}', () => randomUUID())
    .replace('{milliseconds}', String(createdAt))
  const file = {
    ...toSigningJwk(alg, material, kid),
    txtoken: {
      createdAt: new Date(createdAt).toISOString(),
      signsFrom: new Date(signsFrom).toISOString(),
      longestLifetimeSeconds: longestLifetimeMs / 1000
    }
  }
  return `${JSON.stringify(file, null, 2)}\n`
}

/**
 * Reads the text of the file.
 * @param typ the `typ` of the tokens that the key signs
 * @throws KeyError with the problem, without any part of the text
 */
export function parseKeyFile(
  text: string,
  alg: Algorithm,
  typ: string | undefined
): GeneratedKeyFile {
  const jwk = parseJwk(text)
  const { kid } = jwk
  if (typeof kid !== 'string' || kid === '') throw new KeyError('found a JWK without a kid')
  const material = importJwk(jwk, alg)
  if (material.type === 'public') throw new KeyError('found a public key, expected a private one')
  return { ...parseSchedule(jwk.txtoken), key: { ...createKey({ alg, material, kid, typ }), kid } }
}

function parseSchedule(value: unknown): GeneratedKeySchedule {
  if (typeof value !== 'object' || value === null) {
    throw new KeyError('found a JWK without the member txtoken, which holds the schedule')
  }
  const { createdAt, signsFrom, longestLifetimeSeconds } = value as Record<string, unknown>
  if (!isDuration(longestLifetimeSeconds)) {
    throw new KeyError('txtoken.longestLifetimeSeconds is not a number of seconds')
  }
  return {
    createdAt: parseTime(createdAt, 'createdAt'),
    signsFrom: parseTime(signsFrom, 'signsFrom'),
    longestLifetimeMs: longestLifetimeSeconds * 1000
  }
}

function parseTime(value: unknown, name: string): number {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (Number.isNaN(time)) {
    throw new KeyError(`txtoken.${name} is not a time such as 2026-01-31T12:00:00.000Z`)
  }
  return time
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY
}
