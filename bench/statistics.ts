/** Medians and ratios over the rounds of a bench. */
import type { Figures } from './measure.ts'

export interface Ratio {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

/** The median of each figure over the rounds. */
export function medianFigures(rounds: readonly Figures[]): Figures {
  return mapFigures(rounds, (name) => median(rounds.map((figures) => figures[name])))
}

/** How often each figure of one variant holds that of the other, round by round. */
export function figureRatios(
  rounds: readonly Figures[],
  others: readonly Figures[]
): Record<keyof Figures, Ratio> {
  return mapFigures(rounds, (name) => {
    const ratios = rounds.map(
      (figures, round) => figures[name] / (others[round]?.[name] ?? Number.NaN)
    )
    return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) }
  })
}

function mapFigures<T>(
  rounds: readonly Figures[],
  map: (name: keyof Figures) => T
): Record<keyof Figures, T> {
  const names = Object.keys(rounds[0] ?? {}) as (keyof Figures)[]
  return Object.fromEntries(names.map((name) => [name, map(name)])) as Record<keyof Figures, T>
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  if (low === undefined || high === undefined) throw new RangeError('No values to take a median of')
  return (low + high) / 2
}
