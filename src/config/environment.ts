/** `${NAME}` and `${NAME:-default}` in the strings of a configuration. */
import { trimText } from '../settings/clean-text.ts'
import type { Problem } from '../settings/problem.ts'

const REFERENCE = /\$(\$)?\{([^}]*)\}/g
const NAME_AND_DEFAULT = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s

interface Substituted {
  readonly value: unknown
  readonly problems: readonly Problem[]
}

/**
 * Replaces references in every string value of a tree; keys stay unchanged. `$${` becomes a plain `${`.
 * A variable that is empty counts as not set, as in a shell's `:-`; line ends after its text do not count.
 */
export function substituteEnvironment(
  tree: unknown,
  env: Readonly<Record<string, string | undefined>>
): Substituted {
  const problems: Problem[] = []

  function substitute(value: unknown, path: readonly PropertyKey[]): unknown {
    if (typeof value === 'string') return substituteText(value, path)
    if (Array.isArray(value)) return value.map((item, index) => substitute(item, [...path, index]))
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, substitute(item, [...path, key])])
      )
    }
    return value
  }

  function substituteText(text: string, path: readonly PropertyKey[]): string {
    return text.replace(REFERENCE, (whole, escaped: string | undefined, inner: string) => {
      if (escaped !== undefined) return whole.slice(1)
      const [, name, fallback] = NAME_AND_DEFAULT.exec(inner) ?? []
      if (name === undefined) {
        problems.push({
          path,
          message: 'expected ${NAME} or ${NAME:-default}; write $${ for a plain ${'
        })
        return ''
      }
      const value = trimText((Object.hasOwn(env, name) ? env[name] : undefined) ?? '')
      if (value !== '') return value
      if (fallback !== undefined) return fallback
      problems.push({
        path,
        message: `environment variable ${name} is not set, and there is no default`
      })
      return ''
    })
  }

  return { value: substitute(tree, []), problems }
}
