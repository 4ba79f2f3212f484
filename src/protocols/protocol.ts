/** The interface of a product: its own kind of route, or a wire format for routes that issue or check tokens. */
import type { Address } from '../remote/address.ts'
import type { PathItem, Paths, Schema } from './openapi/parts.ts'
import type { RouteConfig } from './registry.ts'
import type { Route } from './route.ts'
import type { Rule } from './rules.ts'
import type { Services } from './services.ts'

type KeysOf<Config> = Config extends unknown ? keyof Config & string : never

/** The part of a kind of route that concerns the configuration. */
export interface RouteKind<Config> {
  /** The setting with the path of such a route, by which it is recognized. */
  readonly verb: KeysOf<Config>
  /** The values of `protocol` that make a route one of this kind. Left out where the verb is enough. */
  readonly protocols?: readonly string[]
  /** The settings that list the steps that a request goes through, in their order. */
  readonly steps: readonly KeysOf<Config>[]
  /** The addresses that such a route connects to. */
  addresses(config: Config): readonly Address[]
  /** Finds problems between the settings of such routes and others. */
  readonly rules?: readonly Rule[]
  /** Loads the builder of the routes: only kinds in use are loaded. */
  load(config: Config): Promise<RouteBuilder<Config>>
}

/** Makes and describes the routes of one kind. */
export interface RouteBuilder<Config> {
  /** @param routes all routes of the configuration: a claims route shows those of another one */
  create(config: Config, services: Services, routes: readonly RouteConfig[]): Route[]
  /** Describes them for OpenAPI. */
  describe(config: Config, routes: readonly RouteConfig[]): Paths
  /** The JSON that they answer with, by the names that the description refers to. */
  readonly schemas?: Readonly<Record<string, Schema>>
}

/** A wire format in the list for issuing or checking tokens. */
export interface ProtocolEntry<Name extends string, Loaded> {
  readonly name: Name
  readonly rules?: readonly Rule[]
  /** Loads the module of the format. */
  readonly load: () => Promise<{ readonly protocol: Loaded }>
}

/** How OpenAPI describes a wire format. */
export interface Described<Config> {
  describe(config: Config): PathItem
  readonly schemas?: Readonly<Record<string, Schema>>
}
