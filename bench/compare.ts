/** Measures the variants of a scenario in turn, round by round, and judges the first by its budgets. */
import { type Budget, createBudget, type Experiment, type Table } from './experiment.ts'
import { columns, formatFigures, formatNumber, formatWithUnit, headsOf } from './figure-columns.ts'
import { type Figures, measure } from './measure.ts'
import type { Bench, Rule, Scenario } from './scenario.ts'
import { figureRatios, medianFigures, type Ratio } from './statistics.ts'

interface MeasuredVariant {
  readonly name: string
  readonly medians: Figures
  readonly rounds: readonly Figures[]
}

interface Comparison {
  readonly against: string
  readonly ratios: Readonly<Record<keyof Figures, Ratio>>
}

export function compare(
  createScenario: (bench: Bench) => Scenario | Promise<Scenario>
): Experiment {
  return async function runScenario(bench) {
    const { title, variants, rules = [] } = await createScenario(bench)
    const rounds: Figures[][] = variants.map(() => [])
    for (let round = 0; round < bench.rounds; round += 1) {
      // In turn, so that a change in the speed of the machine affects all.
      for (const [index, variant] of variants.entries()) {
        rounds[index]?.push(await measure(variant, bench))
      }
    }
    const measured = variants.map(({ name }, index) => summarize(name, rounds[index] ?? []))
    const [first, ...others] = measured
    if (first === undefined) throw new TypeError('A scenario has a variant')
    const comparisons = others.map(({ name, rounds }) => ({
      against: name,
      ratios: figureRatios(first.rounds, rounds)
    }))
    return {
      title,
      tables: [createTable(title, measured, comparisons)],
      budgets: rules.map((rule) => judge(rule, measured, comparisons)),
      figures: { variants: measured, comparisons }
    }
  }
}

function summarize(name: string, rounds: readonly Figures[]): MeasuredVariant {
  return { name, medians: medianFigures(rounds), rounds }
}

/** A line for each variant with its medians, then the ratios to each of the others. */
function createTable(
  title: string,
  variants: readonly MeasuredVariant[],
  comparisons: readonly Comparison[]
): Table {
  const names = columns.map(({ name }) => name)
  const ratioRow = (ratios: Comparison['ratios'], which: keyof Ratio) =>
    names.map((name) => formatNumber(ratios[name][which], 2))
  return {
    head: [title, ...headsOf(names)],
    rows: [
      ...variants.map(({ name, medians }) => [name, ...formatFigures(medians, names)]),
      ...comparisons.flatMap(({ against, ratios }) => [
        [`ratio to ${against}`, ...ratioRow(ratios, 'median')],
        ['lowest', ...ratioRow(ratios, 'lowest')],
        ['highest', ...ratioRow(ratios, 'highest')]
      ])
    ]
  }
}

function judge(
  { what, figure, against, limit, atLeast = false, unit }: Rule,
  variants: readonly MeasuredVariant[],
  comparisons: readonly Comparison[]
): Budget {
  const own = variants[0]?.medians[figure] ?? Number.NaN
  const common = { what, own: formatWithUnit(figure, own), limit, atLeast, unit }
  if (against === undefined) return createBudget({ ...common, measured: own })
  const other = variants.find(({ name }) => name === against)?.medians[figure] ?? Number.NaN
  const ratios = comparisons.find((comparison) => comparison.against === against)?.ratios
  const measured = ratios?.[figure].median ?? Number.NaN
  return createBudget({ ...common, other: formatWithUnit(figure, other), measured })
}
