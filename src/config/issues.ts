/** Turns the schema library's issues into problems in our words. */
import type * as z from 'zod'
import { formatPath, type Problem } from '../settings/problem.ts'

type Issue = z.core.$ZodIssue

/**
 * Describes issues for the author of the configuration.
 * @param tree what was validated; messages name the kind of a value in it, never the value
 */
export function describeIssues(
  issues: readonly Issue[],
  tree: unknown,
  prefix: readonly PropertyKey[] = []
): Problem[] {
  const misspelt = issues
    .filter(({ code }) => code === 'unrecognized_keys')
    .map(({ path }) => formatPath(path))
  return issues.flatMap((issue): Problem[] => {
    // What a map as a whole lacks is what the misspelt key in it was meant for.
    if (issue.code === 'custom' && misspelt.includes(formatPath(issue.path))) return []
    const path = [...prefix, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      const messages = issue.message.split('\n')
      return issue.keys.map((key, index) => ({
        path: [...path, key],
        message: messages[index] ?? 'unknown key'
      }))
    }
    if (issue.code === 'invalid_union') {
      const branch = closestBranch(issue.errors)
      if (branch !== undefined) return describeIssues(branch, tree, path)
    }
    if (issue.code === 'invalid_key') {
      return [{ path, message: issue.issues[0]?.message ?? issue.message }]
    }
    return [{ path, message: issue.message + describeFound(issue, valueAt(tree, path)) }]
  })
}

function describeFound(issue: Issue, value: unknown): string {
  if (issue.code === 'custom') return ''
  if (value === undefined) return ', found nothing'
  if (value === null) return ', found an empty value'
  if (Array.isArray(value)) return value.length === 0 ? ', found an empty list' : ', found a list'
  if (typeof value === 'object') return ', found a map'
  return typeof value === 'string' ? '' : `, found a ${typeof value}`
}

/**
 * Of the forms that a value may have, finds the one that its author seems to have had in mind:
 * the one with the least wrong. Undefined where the value is of another type altogether.
 */
export function closestBranch<Branch extends readonly Issue[]>(
  branches: readonly Branch[]
): Branch | undefined {
  const candidates = branches.filter((branch) => !branch.some((issue) => isWrongType(issue)))
  return candidates.toSorted((one, other) => faults(one) - faults(other))[0]
}

function isWrongType(issue: Issue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_union') return closestBranch(issue.errors) === undefined
  return issue.code === 'invalid_type' || issue.code === 'invalid_value'
}

/** More than anybody gets wrong in one map. */
const MANY = 1000

function faults(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => sum + weightOf(issue), 0)
}

/** A key that only another form knows weighs more than any wrong values: it names the form. So does a protocol, and better than one key. */
function weightOf({ path, ...issue }: Issue): number {
  if (issue.code === 'unrecognized_keys') return MANY * issue.keys.length
  return path.length === 1 && path[0] === 'protocol' ? 1.5 * MANY : 1
}

/** Follows a path into data of any form. Undefined where it leads nowhere. */
export function valueAt(tree: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    tree
  )
}
