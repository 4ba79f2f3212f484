/** Patterns for names: `*` stands for any number of characters, everything else for itself. */

/** @returns whether a whole name is one that any of the patterns means */
export function createNameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const expressions = patterns.map((pattern) => {
    const literals = pattern.split('*').map((text) => text.replaceAll(/[\\^$.|?+()[\]{}]/g, '\\$&'))
    return new RegExp(`^${literals.join('.*')}$`, 's')
  })

  return function matchesName(name) {
    return expressions.some((expression) => expression.test(name))
  }
}
