/** Groups that are in the token itself. */
import * as z from 'zod'
import { invalidToken } from '../../errors.ts'
import { type JsonPath, parseJsonPath, valueAtPath } from '../../json/json-path.ts'
import { claimPath } from '../../settings/json.ts'
import { section } from '../../settings/section.ts'
import type { GroupKind } from './group-kind.ts'
import type { GroupResolver } from './group-resolver.ts'

const tokenGroupsSchema = section({
  from: z.literal('token', 'expected token').describe('Groups in the token itself.'),
  claim: claimPath
    .default('groups')
    .transform(parseJsonPath)
    .describe(
      'The claim: a list of texts, or null for no groups. For a token without the claim, the next place is asked. Default: groups.'
    )
})

export const tokenKind = {
  from: 'token',
  settings: () => tokenGroupsSchema,
  create: ({ claim }) => createTokenGroups(claim),
  addresses: () => []
} satisfies GroupKind<z.output<typeof tokenGroupsSchema>>

/** @param path where they are among the claims, as a list of strings */
export function createTokenGroups(path: JsonPath): GroupResolver {
  return function readGroups(claims) {
    const groups = valueAtPath(claims, path)
    if (groups === undefined) return undefined
    // A list without items, as some languages write it.
    if (groups === null) return []
    if (!isListOfNames(groups)) {
      throw invalidToken(`Token claim ${path.join('.')} is not a list of names`, 'groups')
    }
    return groups
  }
}

/** Whether a value is a list of group names. */
export function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')
}
