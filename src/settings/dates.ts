/** The times of tokens, for people. */

/** @param seconds a NumericDate (RFC 7519, section 2); undefined for any other value, or one out of range */
export function dateOf(seconds: unknown): Date | undefined {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000]
] as const

/** Writes a distance from now: `3 minutes ago`, `in 2 hours`. */
export function describeDistance(milliseconds: number): string {
  const [unit, size] = UNITS.find(([, size]) => Math.abs(milliseconds) >= 2 * size) ?? [
    'second',
    1000
  ]
  const count = Math.floor(Math.abs(milliseconds) / size)
  const words = `${count} ${unit}${count === 1 ? '' : 's'}`
  return milliseconds < 0 ? `${words} ago` : `in ${words}`
}
