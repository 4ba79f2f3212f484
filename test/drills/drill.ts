/** A drill is a fault of the real program, made on purpose, and what its clients saw of it. */
import type { Lifetime } from '../helpers/lifetime.ts'

export interface Drill {
  /** The fault, as the table in `docs/reliability.md` names it. */
  readonly fault: string
  /** The property that the drill asserts. */
  readonly holds: string
  /**
   * Makes the fault, and clears it.
   * @returns figures for the table, by what they are
   * @throws AssertionError where the service did not do what it has to
   */
  readonly run: (t: Lifetime, size: DrillSize) => Promise<Figures>
}

/** Short is for every change, full for the figures of the page. */
type DrillSize = 'short' | 'full'

export type Figures = Readonly<Record<string, number | string>>
