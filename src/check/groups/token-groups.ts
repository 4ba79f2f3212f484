/** Groups that stand in the token itself. */
import { invalidToken } from '../../errors.ts'
import { type JsonPath, valueAtPath } from '../../json/json-path.ts'
import type { GroupResolver } from './group-resolver.ts'

/** @param path where they stand among the claims, as a list of strings */
export function createTokenGroups(path: JsonPath): GroupResolver {
  return function readGroups(claims) {
    const groups = valueAtPath(claims, path)
    if (groups === undefined) return undefined
    if (!isListOfNames(groups)) {
      throw invalidToken(`Token has a claim ${path.join('.')} that is no list of strings`, 'groups')
    }
    return groups
  }
}

/** Whether a value is a list of group names. */
export function isListOfNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '')
}
