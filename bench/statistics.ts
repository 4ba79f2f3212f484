/** Medians and ratios over the rounds of a bench. */

export interface Ratio {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

/** Figures by name. */
type Named = Readonly<Record<string, number>>

/** The median of each figure over the rounds. */
export function medianFigures<Figures extends Named>(rounds: readonly Figures[]): Figures {
  return mapFigures(rounds, (name) =>
    median(rounds.map((figures) => figures[name] ?? Number.NaN))
  ) as Figures
}

/** The ratio of each figure of one variant to the other, round by round. */
export function figureRatios<Figures extends Named>(
  rounds: readonly Figures[],
  others: readonly Figures[]
): Record<keyof Figures, Ratio> {
  return mapFigures(rounds, (name) => {
    const ratios = rounds.map(
      (figures, round) => (figures[name] ?? Number.NaN) / (others[round]?.[name] ?? Number.NaN)
    )
    return { median: median(ratios), lowest: Math.min(...ratios), highest: Math.max(...ratios) }
  }) as Record<keyof Figures, Ratio>
}

function mapFigures<T>(rounds: readonly Named[], map: (name: string) => T): Record<string, T> {
  return Object.fromEntries(Object.keys(rounds[0] ?? {}).map((name) => [name, map(name)]))
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = (sorted.length - 1) / 2
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  if (low === undefined || high === undefined) throw new RangeError('No values to take a median of')
  return (low + high) / 2
}
