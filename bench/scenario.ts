/** What a scenario of the bench is: two servers, or one server under two conditions, that are measured in turn. */
import type { ServerCommand } from './child-process.ts'
import type { Load } from './programs/load.ts'

export interface Scenario {
  readonly title: string
  /** The first is judged against the second. */
  readonly variants: readonly [Variant, Variant]
  /** What the CPU time a request of the first may be at most, as a multiple of the second's. */
  readonly cpuRatioLimit?: number
}

export interface Variant {
  readonly name: string
  /** Whether it is the built program, for which the budgets of memory and start hold. */
  readonly isProgram: boolean
  readonly prepare: (port: number) => ServerCommand
  readonly load: RouteLoad
  /** Other load that goes on beside it, and is not measured. */
  readonly background?: RouteLoad
  /** Throws when the body of an answer is not what the scenario measures. */
  readonly assertAnswer: (body: string) => void
}

/** A load on one route of the server, whose port is only known once it runs. */
export type RouteLoad = Omit<Load, 'url' | 'duration'> & { readonly path: string }

/** What the scenarios share. */
export interface Bench {
  /** A folder for configurations that is removed at the end. */
  readonly folder: string
  /** The HS256 secret of the built program and of the references. */
  readonly secret: string
  readonly remoteUrl: string
}
