/** The versions of the interface between the SuperTokens core and its clients (CDI). */
import { invalidRequest } from '../json-body.ts'

/**
 * The versions that the core supports. A client has its own list, often of a single one, and chooses the highest common one. The JWT
 * recipe is the same in all of them, but for the choice of a key.
 */
export const VERSIONS = [
  ...versionsOf(2, 7, 21),
  ...versionsOf(3, 0, 1),
  ...versionsOf(4, 0, 0),
  ...versionsOf(5, 0, 6)
]

/** The first version in which a client may ask for a rotating key. Before, all tokens had the static one. */
const FIRST_WITH_DYNAMIC_KEYS = '2.21'

function versionsOf(major: number, first: number, last: number): string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${major}.${first + index}`)
}

/** The version of a request that names none. */
const LATEST = '5.6'

/** The part of a version that an error may repeat. */
const SHORT = /^[\d.]{1,16}$/

/**
 * Reads the version that client and core have agreed on.
 * @returns the latest for a request that names none
 * @throws ServiceError for one that the core does not support
 */
export function readVersion(header: string | readonly string[] = LATEST): string {
  const version = String(header)
  if (VERSIONS.includes(version)) return version
  if (!/^\d+(?:\.\d+)*$/.test(version)) throw invalidRequest('cdi-version header is invalid')
  throw invalidRequest(`cdi-version ${SHORT.test(version) ? version : 'given'} not supported`)
}

/** Whether a version has no choice of the key. */
export function hasStaticKeysOnly(version: string): boolean {
  return VERSIONS.indexOf(version) < VERSIONS.indexOf(FIRST_WITH_DYNAMIC_KEYS)
}
