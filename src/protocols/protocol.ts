/** What a product brings along: a kind of route of its own, or a wire format for the routes that issue or check tokens. */
import type * as z from 'zod'
import type { Address } from '../remote/address.ts'
import type { SecretReader } from '../settings/secrets.ts'
import type { PathItem, Paths, Schema } from './openapi/parts.ts'
import type { RouteConfig } from './registry.ts'
import type { Route } from './route.ts'
import type { Services } from './services.ts'

/** How OpenAPI describes a wire format. */
export interface Described<Config> {
  describe(config: Config): PathItem
  /** The JSON that it answers with, by the names that its description refers to. */
  readonly schemas?: Readonly<Record<string, Schema>>
}

type KeysOf<Config> = Config extends unknown ? keyof Config & string : never

/** A kind of route: everything that anybody has to know of it. */
export interface RouteKind<Config> {
  /** The setting that holds the path of such a route, and that it is recognized by. */
  readonly verb: string
  /** The values of `protocol` that make a route one of this kind. Left out where the verb is enough. */
  readonly protocols?: readonly string[]
  /** The settings that list the steps that a request goes through, in their order. */
  readonly steps: readonly KeysOf<Config>[]
  readonly settings: (reader: SecretReader) => z.ZodType<Config>
  /**
   * Makes the routes of a configured one.
   * @param routes all routes of the configuration: a claims route shows those of another one
   */
  create(config: Config, services: Services, routes: readonly RouteConfig[]): Route[]
  /** What such a route connects to. */
  addresses(config: Config): readonly Address[]
  /** Describes them for OpenAPI. */
  describe(config: Config, routes: readonly RouteConfig[]): Paths
  readonly schemas?: Readonly<Record<string, Schema>>
}
