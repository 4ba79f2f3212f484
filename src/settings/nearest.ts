/** Suggestions for misspelt words. */
import leven from 'leven'

/**
 * Finds the known word that was probably meant.
 * @param most letters that may differ. Default: a third of them, and at least two.
 * @returns undefined when none is near enough to be worth the suggestion
 */
export function nearest(
  word: string,
  known: readonly string[],
  most = Math.max(2, Math.floor(word.length / 3))
): string | undefined {
  let best: { candidate: string; distance: number } | undefined
  for (const candidate of known) {
    const distance = leven(word.toLowerCase(), candidate.toLowerCase(), { maxDistance: most + 1 })
    if (distance <= most && (best === undefined || distance < best.distance)) {
      best = { candidate, distance }
    }
  }
  return best?.candidate
}
