/** A problem of settings, and its place in words. */

/** A problem and its place. The message never holds the value of a secret. */
export interface Problem {
  /** The keys that lead to it, as written in the file; empty for the file as a whole. */
  readonly path: readonly PropertyKey[]
  /** The found and the expected value. */
  readonly message: string
  /** The line of the file. Left out where there is none, or where it follows from the path. */
  readonly line?: number | undefined
}

/** A setting that works but is not advisable. */
export interface Warning extends Problem {
  readonly kind:
    | 'weak_secret'
    | 'slow_key'
    | 'published_bearer_key'
    | 'no_subject'
    | 'unsent_cookie'
}

const PLAIN_KEY = /^[\w-]+$/

/** Writes a path as in the file: `routes[0].claims[1].url`. Keys that are not plain words are in quotes. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (!PLAIN_KEY.test(name)) return `${text}[${JSON.stringify(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, '')
}
