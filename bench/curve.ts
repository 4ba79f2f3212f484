/** How cost grows with an amount, such as the number of keys: one table with a row for each amount and program, and a verdict on each step. */
import { type Budget, createBudget, type Experiment, type Table } from './experiment.ts'
import { formatFigures, formatNumber, formatWithUnit, headsOf } from './figure-columns.ts'
import { type Figures, measure } from './measure.ts'
import type { Bench, Variant } from './scenario.ts'
import { medianFigures } from './statistics.ts'

/** The noise that a step may have. */
const TOLERANCE = 1.25
const KILOBYTES_PER_MEGABYTE = 1000

export interface Curve {
  readonly title: string
  /** What grows, such as `keys`. */
  readonly quantity: string
  readonly amounts: readonly number[]
  /** The programs, or kinds of requests to the built one, that are measured with an amount. */
  readonly createVariants: (amount: number) => readonly Variant[]
  /** How the CPU time of a request of a variant may grow; other variants are only shown. */
  readonly growth: Readonly<Record<string, 'flat' | 'linear'>>
}

interface Point {
  readonly amount: number
  readonly name: string
  readonly medians: Figures
}

const columns = [
  'cpuMicrosecondsPerRequest',
  'requestsPerSecond',
  'p50Milliseconds',
  'p99Milliseconds',
  'rssMegabytes',
  'peakRssMegabytes'
] as const

export function draw(createCurve: (bench: Bench) => Curve | Promise<Curve>): Experiment {
  return async function drawCurve(bench) {
    const curve = await createCurve(bench)
    const points: Point[] = []
    for (const amount of chooseAmounts(curve.amounts, bench))
      points.push(...(await measureAmount(curve, amount, bench)))
    return {
      title: curve.title,
      tables: [createTable(curve, points)],
      budgets: Object.entries(curve.growth).map(([name, growth]) =>
        judge(
          `${curve.title}, ${name}`,
          growth,
          points.filter((point) => point.name === name)
        )
      ),
      figures: { points }
    }
  }
}

/** Only the first two in a short bench of one round of a second, which only shows that it runs. */
export function chooseAmounts(
  amounts: readonly number[],
  { rounds, seconds }: Bench
): readonly number[] {
  return rounds === 1 && seconds === 1 ? amounts.slice(0, 2) : amounts
}

async function measureAmount(curve: Curve, amount: number, bench: Bench): Promise<Point[]> {
  const variants = curve.createVariants(amount)
  const rounds: Figures[][] = variants.map(() => [])
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const [index, variant] of variants.entries()) {
      rounds[index]?.push(await measure(variant, bench))
    }
  }
  return variants.map(({ name }, index) => ({
    amount,
    name,
    medians: medianFigures(rounds[index] ?? [])
  }))
}

function createTable({ title, quantity, growth }: Curve, points: readonly Point[]): Table {
  return {
    head: [title, 'program', ...headsOf(columns)],
    rows: [
      ...points.map(({ amount, name, medians }) => [
        `${amount} ${quantity}`,
        name,
        ...formatFigures(medians, columns)
      ]),
      ...Object.keys(growth).map((name) => createSlopeRow(name, points))
    ]
  }
}

/** The additional memory of the last amount over the first, per unit. */
function createSlopeRow(wanted: string, points: readonly Point[]): string[] {
  const own = points.filter(({ name }) => name === wanted)
  const [first, last] = [own[0], own.at(-1)]
  if (first === undefined || last === undefined) return []
  const perItem = (figure: 'rssMegabytes' | 'peakRssMegabytes') => {
    const grown = last.medians[figure] - first.medians[figure]
    const kilobytes = (grown * KILOBYTES_PER_MEGABYTE) / (last.amount - first.amount)
    return `${formatNumber(kilobytes, 2)} kB`
  }
  return [
    'each further',
    wanted,
    '',
    '',
    '',
    '',
    perItem('rssMegabytes'),
    perItem('peakRssMegabytes')
  ]
}

/**
 * Flat: the most expensive amount beside the first. Linear: of all steps the steepest, as the growth of cost beside the growth
 * of the amount. Constant cost is linear, too.
 */
export function judge(what: string, growth: 'flat' | 'linear', points: readonly Point[]): Budget {
  const costs = points.map(({ medians }) => medians.cpuMicrosecondsPerRequest)
  const [first = Number.NaN] = costs
  const last = costs.at(-1) ?? Number.NaN
  const steps = costs.slice(1).map((cost, index) => {
    const grown = cost / (costs[index] ?? Number.NaN)
    return (
      grown /
      Math.max(1, (points[index + 1]?.amount ?? 1) / Math.max(1, points[index]?.amount ?? 1))
    )
  })
  return createBudget({
    what,
    own: formatWithUnit('cpuMicrosecondsPerRequest', last),
    other: formatWithUnit('cpuMicrosecondsPerRequest', first),
    measured: growth === 'flat' ? Math.max(...costs) / first : Math.max(...steps),
    limit: TOLERANCE,
    atLeast: false,
    unit: growth === 'flat' ? 'times the first' : 'times linear'
  })
}
