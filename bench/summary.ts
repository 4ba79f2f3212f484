/** What the rounds of a scenario come to, and whether the budgets are met. */
import type { Figures } from './measure.ts'
import type { Scenario, Variant } from './scenario.ts'
import { figureRatios, medianFigures, type Ratio } from './statistics.ts'

const RSS_LIMIT_MEGABYTES = 100
const START_LIMIT_SECONDS = 0.5

export interface ScenarioSummary {
  readonly name: string
  readonly title: string
  readonly cpuRatioLimit?: number
  readonly variants: readonly [VariantSummary, VariantSummary]
  /** The first variant over the second. */
  readonly ratios: Readonly<Record<keyof Figures, Ratio>>
}

interface VariantSummary {
  readonly name: string
  readonly isProgram: boolean
  readonly medians: Figures
  readonly rounds: readonly Figures[]
}

export interface Budget {
  readonly what: string
  readonly measured: number
  readonly limit: number
  readonly unit: string
  readonly met: boolean
}

/** @param rounds of the first variant and of the second, equally many */
export function summarize(
  name: string,
  { title, cpuRatioLimit, variants: [first, second] }: Scenario,
  rounds: readonly [readonly Figures[], readonly Figures[]]
): ScenarioSummary {
  return {
    name,
    title,
    ...(cpuRatioLimit !== undefined && { cpuRatioLimit }),
    variants: [summarizeVariant(first, rounds[0]), summarizeVariant(second, rounds[1])],
    ratios: figureRatios(rounds[0], rounds[1])
  }
}

/** Judges each scenario with a limit by its ratio, and the built program by its memory and its start. */
export function judge(scenarios: readonly ScenarioSummary[]): Budget[] {
  const program = scenarios.flatMap(({ variants }) => variants.filter((each) => each.isProgram))
  const highest = (name: keyof Figures) => Math.max(...program.map(({ medians }) => medians[name]))
  const ratios = scenarios.flatMap(({ title, cpuRatioLimit, ratios }) =>
    cpuRatioLimit === undefined
      ? []
      : [
          budget(
            `${title}, CPU a request`,
            ratios.cpuMicrosecondsPerRequest.median,
            cpuRatioLimit,
            'times the reference'
          )
        ]
  )
  if (program.length === 0) return ratios
  return [
    ...ratios,
    budget('memory under load (RSS)', highest('peakRssMegabytes'), RSS_LIMIT_MEGABYTES, 'MB'),
    budget('start to ready', highest('startToReadySeconds'), START_LIMIT_SECONDS, 's')
  ]
}

function summarizeVariant(
  { name, isProgram }: Variant,
  rounds: readonly Figures[]
): VariantSummary {
  return { name, isProgram, medians: medianFigures(rounds), rounds }
}

function budget(what: string, measured: number, limit: number, unit: string): Budget {
  return { what, measured, limit, unit, met: measured <= limit }
}
