/** Turns the issues of the schema library into problems with our own messages. */
import type * as z from 'zod'
import { nearest } from '../settings/nearest.ts'
import { formatPath, type Problem } from '../settings/problem.ts'

type Issue = z.core.$ZodIssue

/**
 * Describes issues for the author of the configuration.
 * @param tree the validated data; messages name the kind of a value in it, never the value
 */
export function describeIssues(
  issues: readonly Issue[],
  tree: unknown,
  prefix: readonly PropertyKey[] = []
): Problem[] {
  const misspelt = issues
    .filter(({ code }) => code === 'unrecognized_keys')
    .map(({ path }) => formatPath(path))
  const explained = issues
    .filter(({ code }) => code === 'custom')
    .map(({ path }) => formatPath(path))
  return issues.flatMap((issue): Problem[] => {
    // A message about the value as a whole replaces those of the closest form.
    if (issue.code === 'invalid_union' && explained.includes(formatPath(issue.path))) return []
    // The misspelt key in a map was probably meant as the missing one.
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
    const value = valueAt(tree, path)
    return [{ path, message: issue.message + describeFound(issue, value) + suggest(issue, value) }]
  })
}

/** A message that lists fixed words: `expected closed, open or a number`. */
const EXPECTED = /^expected (?:one of )?((?!.* such as ).+)$/

/** The word that was probably meant, of those that the message lists. The value itself may be a secret, and is not shown. */
function suggest({ message }: Issue, value: unknown): string {
  const [, list] = EXPECTED.exec(message) ?? []
  if (typeof value !== 'string' || list === undefined) return ''
  const words = list.split(/, or |, | or /).filter((word) => /^[A-Za-z][\w.-]*$/.test(word))
  // Names of algorithms with one digit or letter changed are other algorithms.
  const most = /\d/.test(value) ? 0 : Math.max(1, Math.floor(value.length / 3))
  const meant = nearest(value, words, most)
  return meant === undefined ? '' : `; did you mean ${meant}?`
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
 * Finds the form of a value that its author probably meant:
 * the one with the fewest problems. Undefined where the value has another type altogether.
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

/** More problems than one map ever has. */
const MANY = 1000

function faults(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => sum + weightOf(issue), 0)
}

/** A key that only another form has weighs more than any wrong values, since it identifies the form. So does a protocol, and better than one key. */
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
