/** What a scenario of the bench is: servers, or one server under several conditions, that are measured in turn. */

import type { Figures } from './measure.ts'
import type { Placement } from './placement.ts'
import type { Load } from './programs/load-contract.ts'
import type { StartServer } from './servers.ts'

export interface Scenario {
  readonly title: string
  /** The first is compared with each of the others. */
  readonly variants: readonly [Variant, ...Variant[]]
  readonly rules?: readonly Rule[]
}

export interface Variant {
  readonly name: string
  readonly start: StartServer
  readonly load: RouteLoad
  /** Requests a second of another run, which the latencies are taken from; those of the full load by default. */
  readonly rate?: number
  /** Other load that goes on beside it, and is not measured. */
  readonly background?: RouteLoad
  /**
   * Throws when the body of an answer is not what the scenario measures.
   * @param variation the index of its request among `load.requests`
   */
  readonly assertAnswer: (body: string, variation: number) => void
}

/** A load on one route of the server, whose port is only known once it runs. */
export type RouteLoad = Omit<Load, 'host' | 'port' | 'seconds'> & {
  /** The status that every answer has: 200 by default. */
  readonly expectedStatus?: number
}

/** A budget: what a figure of the first variant may be at most. */
export interface Rule {
  /** Of rules with the same words, the one that is met least counts. */
  readonly what: string
  readonly figure: keyof Figures
  /** The name of the variant that the figure is divided by; the figure itself counts where there is none. */
  readonly against?: string
  readonly limit: number
  /** The figure has to be at least the limit. */
  readonly atLeast?: boolean
  readonly unit: string
}

/** What the scenarios share. */
export interface Bench {
  /** A folder for configurations that is removed at the end. */
  readonly folder: string
  /** The HS256 secret of the built program and of those that it is compared with. */
  readonly secret: string
  readonly remoteUrl: string
  readonly placement: Placement
  readonly rounds: number
  readonly seconds: number
}
