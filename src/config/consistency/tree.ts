/** Reading in a configuration as its author wrote it, of which nothing is known to be right yet. */
import type { Problem } from '../../settings/problem.ts'

/** A text that has a meaning elsewhere in the configuration, and where it is given. */
export interface Use {
  readonly text: string
  readonly at: Problem['path']
}

/** The listener of routes that name no other. */
export const MAIN = 'main'

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

/** The items of a list under a key; none for anything else. */
export function itemsOf(tree: unknown, key: PropertyKey): unknown[] {
  const value = valueAt(tree, [key])
  return Array.isArray(value) ? value : []
}

/** The text under a key, if there is one. What is no text is the schema's to tell. */
export function useOf(tree: unknown, key: PropertyKey, path: Problem['path']): Use[] {
  const value = valueAt(tree, [key])
  return typeof value === 'string' ? [{ text: value, at: [...path, key] }] : []
}

/**
 * The listener that a route is on.
 * @param operations the listener that routes for those who operate the service are on, where they name no other
 */
export function listenerOf(route: unknown, operations: string): string {
  const [use] = useOf(route, 'on', [])
  return use?.text ?? (valueAt(route, ['revoke']) === undefined ? MAIN : operations)
}
