/** Groups that stand in the token itself. */
import { invalidToken } from '../../errors.ts'
import type { GroupResolver } from './group-resolver.ts'

/** @param claim the name of the claim, a list of strings */
export function createTokenGroups(claim: string): GroupResolver {
  return function readGroups(claims) {
    if (!Object.hasOwn(claims, claim)) return undefined
    const groups = claims[claim]
    if (!isListOfNames(groups)) {
      throw invalidToken(`Token has a claim ${claim} that is no list of strings`, 'groups')
    }
    return groups
  }
}

/** Whether a value is a list of group names. */
export function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')
}
