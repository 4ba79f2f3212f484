/** Quantities as written in a configuration: `15m`, `1MiB`. */

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2 } as const

/** The texts that {@link parseDuration} accepts. */
export const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
/** The texts that {@link parseSize} accepts. */
export const SIZE = /^(\d+)(B|KiB|MiB)$/

/**
 * Reads a duration such as `5s`, `1.5h` or `250ms`.
 * @returns whole milliseconds
 * @throws TypeError for text that {@link DURATION} does not match
 */
export function parseDuration(text: string): number {
  const [, amount, unit] = DURATION.exec(text) ?? []
  if (amount === undefined || unit === undefined) throw new TypeError('not a duration')
  return Math.round(Number(amount) * MILLISECONDS[unit as keyof typeof MILLISECONDS])
}

/**
 * Reads a size such as `1MiB`, `16KiB` or `512B`.
 * @returns bytes
 * @throws TypeError for text that {@link SIZE} does not match
 */
export function parseSize(text: string): number {
  const [, amount, unit] = SIZE.exec(text) ?? []
  if (amount === undefined || unit === undefined) throw new TypeError('not a size')
  return Number(amount) * BYTES[unit as keyof typeof BYTES]
}

/** Writes a duration the way that {@link parseDuration} reads it, in the largest unit that it is a whole number of. */
export function formatDuration(milliseconds: number): string {
  const units = Object.entries(MILLISECONDS).toReversed()
  const [unit, size] = units.find(([, size]) => milliseconds % size === 0) ?? ['ms', 1]
  return `${milliseconds / size}${unit}`
}
