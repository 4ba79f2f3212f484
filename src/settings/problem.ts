/** One thing that is wrong with settings, and its place in words. */

/** One thing wrong, and where. The message never holds the value of a secret. */
export interface Problem {
  /** The keys that lead to it, as they are written in the file; empty for the file as a whole. */
  readonly path: readonly PropertyKey[]
  /** What was found and what is expected. */
  readonly message: string
  /** The line of the file. Left out where there is none, or where it follows from the path. */
  readonly line?: number | undefined
}

const PLAIN_KEY = /^[\w-]+$/

/** Writes a path the way it is read in the file: `routes[0].claims[1].url`. Other keys than plain words are in quotes. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    const name = String(key)
    if (!PLAIN_KEY.test(name)) return `${text}[${JSON.stringify(name)}]`
    return text === '' ? name : `${text}.${name}`
  }, '')
}
