/** Writes the tables and budgets of a bench: in columns for a terminal, and as Markdown for the pages. */
import type { Budget, Outcome, Table } from './experiment.ts'

const NAME_WIDTH = 28
const COLUMN_WIDTH = 14

export function formatTable({ head, rows }: Table): string {
  return [head, ...rows].map(formatLine).join('\n')
}

/** The budgets, a line each. A miss is shown and fails nothing. */
export function formatBudgets(budgets: readonly Budget[]): string {
  return budgets
    .map((budget) => {
      const verdict = budget.met ? 'met   ' : 'MISSED'
      const { what, measured, unit } = budget
      return `${verdict}  ${what}: ${measured.toFixed(2)} of ${formatLimit(budget)} ${unit}`
    })
    .join('\n')
}

/** A page with the budgets first and every table after them. */
export function formatMarkdown(
  run: { readonly node: string; readonly processors: string; readonly rounds: number },
  outcomes: readonly Outcome[],
  budgets: readonly Budget[]
): string {
  const head = `Node.js ${run.node}, ${run.processors}, medians of ${run.rounds} rounds`
  const budgetTable = {
    head: [head, 'txtoken', 'compared with', 'measured', 'budget', ''],
    rows: budgets.map((budget) => [
      budget.what,
      budget.own,
      budget.other ?? '',
      `${budget.measured.toFixed(2)} ${budget.unit}`,
      formatLimit(budget),
      budget.met ? 'met' : '**missed**'
    ])
  }
  const tables = outcomes.flatMap(({ title, tables }) => [
    `### ${title}`,
    ...tables.map(toMarkdown)
  ])
  return `${['## Budgets', toMarkdown(budgetTable), '## Tables', head, ...tables].join('\n\n')}\n`
}

function formatLimit({ limit, atLeast }: Budget): string {
  return `${atLeast ? 'at least' : 'at most'} ${limit}`
}

function formatLine([name = '', ...cells]: readonly string[]): string {
  return name.padEnd(NAME_WIDTH) + cells.map((cell) => cell.padStart(COLUMN_WIDTH)).join('')
}

function toMarkdown({ head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    line(head),
    line(head.map((_, index) => (index === 0 ? '---' : '---:'))),
    ...rows.map(line)
  ].join('\n')
}
