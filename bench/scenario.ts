/** A scenario of the bench: servers, or one server under several conditions, measured in turn. */

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
  /** Other load at the same time, which is not measured. */
  readonly background?: RouteLoad
  /**
   * Throws when the body of an answer is not what the scenario measures.
   * @param variation the index of its request among `load.requests`
   */
  readonly assertAnswer: (body: string, variation: number) => void
}

/** A load on one route of the server, whose port is known once it runs. */
export type RouteLoad = Omit<Load, 'host' | 'port' | 'seconds'> & {
  /** The status of every answer: 200 by default. */
  readonly expectedStatus?: number
}

/** A budget: the limit of a figure of the first variant. */
export interface Rule {
  /** Of rules with the same text, the worst one counts. */
  readonly what: string
  readonly figure: keyof Figures
  /** The name of the variant that the figure is divided by; without one, the figure itself counts. */
  readonly against?: string
  readonly limit: number
  /** The figure has to be at least the limit. */
  readonly atLeast?: boolean
  readonly unit: string
}

/** Shared by the scenarios. */
export interface Bench {
  /** A folder for configurations that is removed at the end. */
  readonly folder: string
  /** The HS256 secret of all measured programs. */
  readonly secret: string
  readonly remoteUrl: string
  readonly placement: Placement
  readonly rounds: number
  readonly seconds: number
}
