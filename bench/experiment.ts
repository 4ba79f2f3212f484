/** What all experiments of the bench have in common: a table, budgets, and figures for the file of results. */
import type { Bench } from './scenario.ts'

export type Experiment = (bench: Bench) => Promise<Outcome>

export interface Outcome {
  readonly title: string
  readonly tables: readonly Table[]
  readonly budgets: readonly Budget[]
  /** All measurements, for the file of results. */
  readonly figures: object
}

export interface Table {
  /** The first column has the names. */
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Budget {
  readonly what: string
  /** The figure of the program, and what it is compared with, in words. */
  readonly own: string
  readonly other?: string
  readonly measured: number
  readonly limit: number
  readonly atLeast: boolean
  readonly unit: string
  readonly met: boolean
}

export function createBudget(budget: Omit<Budget, 'met'>): Budget {
  const { measured, limit, atLeast } = budget
  return { ...budget, met: atLeast ? measured >= limit : measured <= limit }
}

/** Of budgets with the same text only the worst one. */
export function keepWorst(budgets: readonly Budget[]): Budget[] {
  const worst = new Map<string, Budget>()
  for (const budget of budgets) {
    const known = worst.get(budget.what)
    if (known === undefined || isWorse(budget, known)) worst.set(budget.what, budget)
  }
  return [...worst.values()]
}

function isWorse(budget: Budget, other: Budget): boolean {
  return budget.atLeast ? budget.measured < other.measured : budget.measured > other.measured
}
