/** What becomes of a reply: one claim, several that are picked out of it, or all of its members. */
import { dropMembers } from '../../../json/drop-members.ts'
import { readObject } from '../../../json/json-object.ts'
import { formatJsonPath, type JsonPath, textAt } from '../../../json/json-path.ts'
import type { JsonText } from '../../../json/json-text.ts'
import { remoteReply } from '../../../remote/remote-errors.ts'
import { type Claims, IDENTITY_CLAIMS, RESERVED_CLAIMS } from '../../claims.ts'
import { createNameMatcher } from '../../name-patterns.ts'
import { toIdentity } from './identity.ts'

/** Makes claims out of a reply. Throws a ServiceError `remote_reply` for a reply that has not what it should. */
export type TakeClaims = (reply: JsonText) => Claims

/** A claim, and where it stands in the reply. */
export interface Pick {
  readonly claim: string
  readonly path: JsonPath
  /** Whether a reply may lack it. */
  readonly isOptional: boolean
}

export interface TakeClaimsOptions {
  /** The claim that the whole reply is put under. */
  readonly at?: string | undefined
  /** What is taken of the reply. */
  readonly pick?: readonly Pick[] | undefined
  /** Patterns of the names that are left out of what is taken, however deep they stand, in upper or lower case. */
  readonly drop?: readonly string[] | undefined
}

/** With neither `at` nor `pick`, the members of the reply are the claims. */
export function createTakeClaims({ at, pick, drop }: TakeClaimsOptions): TakeClaims {
  const isDropped = drop === undefined ? undefined : createCaselessMatcher(drop)
  const clean = (text: JsonText) => (isDropped === undefined ? text : dropMembers(text, isDropped))

  if (at !== undefined) {
    return function putUnderClaim(reply) {
      return new Map([[at, clean(reply)]])
    }
  }
  if (pick !== undefined) {
    return function pickClaims(reply) {
      return new Map(pick.flatMap((one) => pickClaim(reply, one, clean)))
    }
  }
  return function mergeMembers(reply) {
    if (!reply.startsWith('{')) throw remoteReply('reply is not an object')
    const members = [...readObject(clean(reply))]
    return new Map(
      members.filter(([name]) => !RESERVED_CLAIMS.has(name) && !IDENTITY_CLAIMS.has(name))
    )
  }
}

function createCaselessMatcher(patterns: readonly string[]): (name: string) => boolean {
  const matches = createNameMatcher(patterns.map((pattern) => pattern.toLowerCase()))
  return (name) => matches(name.toLowerCase())
}

function pickClaim(
  reply: JsonText,
  { claim, path, isOptional }: Pick,
  clean: (text: JsonText) => JsonText
): [string, JsonText][] {
  const found = textAt(reply, path)
  if (found === undefined) {
    if (isOptional) return []
    throw remoteReply(`reply has no ${formatJsonPath(path)}`)
  }
  if (!IDENTITY_CLAIMS.has(claim)) return [[claim, clean(found)]]
  const identity = toIdentity(claim, found)
  if (identity === undefined) {
    throw remoteReply(`${formatJsonPath(path)} of the reply is no ${claim}, expected text`)
  }
  return [[claim, identity]]
}
