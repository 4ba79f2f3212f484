/** Shared by the rules of single products, which span several settings. */
import type { KeyConfig } from '../keys/settings.ts'
import type { RevocationConfig } from '../revocation/settings.ts'
import { at, isGiven, type PartialOf, type Placed } from '../settings/placed.ts'
import type { Problem } from '../settings/problem.ts'
import type { RouteConfig } from './registry.ts'

export type PlacedRoute = Placed<PartialOf<RouteConfig>>

/** A path of a route, and its place in the configuration. */
export interface AnsweredPath {
  readonly text: string
  /** The name of the listener. */
  readonly listener: string
  readonly path: Problem['path']
}

/** The input of rules. Single settings in it may be wrong. */
export interface RuleContext {
  readonly routes: readonly PlacedRoute[]
  readonly keys: readonly Placed<PartialOf<KeyConfig>>[]
  readonly revocation: Placed<PartialOf<RevocationConfig>>
  /** The paths of all routes whose path and listener are known. */
  readonly paths: readonly AnsweredPath[]
  /** The listener that a route is on; undefined where that is wrong. */
  readonly listenerOf: (route: PlacedRoute) => string | undefined
  /** The paths that the service itself answers on a listener. */
  readonly ownPathsOn: (listener: string) => readonly string[]
}

/** Finds problems between the settings of one product and others. */
export type Rule = (context: RuleContext) => Problem[]

type ProtocolOf<Route> = Route extends { readonly protocol: infer Protocol } ? Protocol : never
type RouteWith<Protocol, Route> = Route extends unknown
  ? Protocol extends ProtocolOf<Route>
    ? Route
    : never
  : never

/** The routes of a protocol. */
export function routesWith<Protocol extends ProtocolOf<RouteConfig>>(
  routes: readonly PlacedRoute[],
  protocol: Protocol
): Placed<PartialOf<RouteWith<Protocol, RouteConfig>>>[] {
  return routes.filter((route) => at(route, 'protocol').value === protocol) as Placed<
    PartialOf<RouteWith<Protocol, RouteConfig>>
  >[]
}

/** The keys that a route may sign with: the named one, or all. None where the name is wrong. */
export function signersOf(name: Placed<string>, keys: RuleContext['keys']): RuleContext['keys'] {
  if (!isGiven(name)) return keys
  return keys.filter((key) => name.value !== undefined && at(key, 'kid').value === name.value)
}
