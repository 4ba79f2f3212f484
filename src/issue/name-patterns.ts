/** Patterns of names, such as `*_secret`. */

/**
 * Makes a function that returns whether a name matches one of the patterns, in which `*` matches any text and everything else
 * itself. Its time depends on the length of the name, whatever the patterns are.
 */
export function createNameMatcher(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set<string>()
  const wild: string[][] = []
  for (const pattern of patterns) {
    const parts = pattern.split('*')
    if (parts.length === 1) exact.add(parts[0] ?? '')
    else wild.push(parts)
  }

  return function matchesName(name) {
    return exact.has(name) || wild.some((parts) => fits(name, parts))
  }
}

/** @param parts the texts between the stars */
function fits(text: string, parts: readonly string[]): boolean {
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  const end = text.length - last.length
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false
  let from = first.length
  for (const part of parts.slice(1, -1)) {
    const at = text.indexOf(part, from)
    if (at === -1) return false
    from = at + part.length
  }
  return from <= end
}
