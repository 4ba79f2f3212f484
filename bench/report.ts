/** Puts the results of a bench into words and columns. */
import type { Figures } from './measure.ts'
import type { Budget, ScenarioSummary } from './summary.ts'

const NAME_WIDTH = 24
const COLUMN_WIDTH = 13

const columns: readonly { name: keyof Figures; head: string; digits: number }[] = [
  { name: 'cpuMicrosecondsPerRequest', head: 'CPU/req µs', digits: 1 },
  { name: 'requestsPerSecond', head: 'requests/s', digits: 0 },
  { name: 'p50Milliseconds', head: 'p50 ms', digits: 2 },
  { name: 'p99Milliseconds', head: 'p99 ms', digits: 2 },
  { name: 'rssMegabytes', head: 'RSS MB', digits: 0 },
  { name: 'peakRssMegabytes', head: 'peak RSS MB', digits: 0 },
  { name: 'startToReadySeconds', head: 'ready s', digits: 3 },
  { name: 'cpuShare', head: 'CPU share', digits: 2 }
]

/** A scenario as a table: a line for each variant with its medians, then their ratio. */
export function formatScenario({ title, variants, ratios }: ScenarioSummary): string {
  const lines = [
    formatLine(
      title,
      columns.map(({ head }) => head)
    ),
    ...variants.map(({ name, medians }) =>
      formatLine(
        name,
        columns.map((column) => medians[column.name].toFixed(column.digits))
      )
    ),
    formatLine(
      'ratio',
      columns.map(({ name }) => ratios[name].median.toFixed(2))
    ),
    formatLine(
      '  lowest',
      columns.map(({ name }) => ratios[name].lowest.toFixed(2))
    ),
    formatLine(
      '  highest',
      columns.map(({ name }) => ratios[name].highest.toFixed(2))
    )
  ]
  return lines.join('\n')
}

/** The budgets, a line each. A miss is told and fails nothing. */
export function formatBudgets(budgets: readonly Budget[]): string {
  return budgets
    .map(({ what, measured, limit, unit, met }) => {
      const verdict = met ? 'met   ' : 'MISSED'
      return `${verdict}  ${what}: ${measured.toFixed(2)} of at most ${limit} ${unit}`
    })
    .join('\n')
}

function formatLine(name: string, cells: readonly string[]): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(COLUMN_WIDTH)).join('')
}
