/** The interface of every kind of source. A new one is a folder or file, and a line in the registry. */
import type * as z from 'zod'
import type { ErrorCode } from '../../errors.ts'
import type { JsonPath } from '../../json/json-path.ts'
import type { Signer } from '../../keys/key-store.ts'
import type { Log } from '../../log-messages.ts'
import type { Address } from '../../remote/address.ts'
import type { BreakerSettings } from '../../remote/breaker.ts'
import type { WithProxySetting } from '../../remote/proxy/proxies.ts'
import type { Remote, RemoteOptions } from '../../remote/remote.ts'
import type { Limits } from '../../settings/limits.ts'
import type { PartialOf, Placed } from '../../settings/placed.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import type { Source } from '../issue.ts'
import type { ExpiryPath } from './remote/reply.ts'

/** What the service gives to all sources of a configuration. */
export interface SourceServices {
  readonly limits: Pick<Limits, 'depth' | 'reply' | 'calls'>
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Makes the client for a remote. The giver closes the clients. */
  readonly connect: (
    options: WithProxySetting<
      Omit<RemoteOptions, 'userAgent' | 'budget' | 'breaker' | 'onOutcome'>
    > & {
      /** Default: no call is blocked. */
      readonly breaker?: BreakerSettings | undefined
    }
  ) => Remote
  readonly logger: Pick<Log, 'warn'>
  readonly metrics: { readonly remoteSkipped: (remote: string, code: ErrorCode) => void }
}

/**
 * Signs service bearers.
 * @param key the kid of the key; by default the key of the route
 * @param typ of the header; by default the typ of the key
 */
export type BearerSigner = (key?: string, typ?: string) => Signer

/** What the sources of one route are built with. */
export interface SourceContext extends SourceServices {
  /** Signs the service bearers that are sent to remotes. */
  readonly signer: BearerSigner
  /** The path in a remote's reply of the time at which the reply expires. Left out, replies do not expire. */
  readonly expiresAt?: ExpiryPath | undefined
}

/** What a source takes from a request, for OpenAPI. */
export interface SourceInput {
  readonly header?: string | undefined
  readonly parameter?: string | undefined
  /** The path of a value in the JSON of the client. */
  readonly body?: JsonPath | undefined
  /** A value for an example, where that cannot be any text. */
  readonly sample?: unknown
  /** Whether it is the whole body of the client. */
  readonly wholeBody?: boolean | undefined
  readonly description: string
  readonly required: boolean
}

/** The names that a source refers to, each at its place in the configuration, for the rules that span settings. */
export interface SourceNames {
  /** Variables that the route's path must have. */
  readonly variables: readonly Placed<string>[]
  /** Headers of the client that become claims or are sent to a remote. */
  readonly headers: readonly Placed<string>[]
}

/** A kind of source. */
export interface SourceKind<Config> {
  /** The value of `from`. */
  readonly from: string
  settings(reader: SecretReader): z.ZodType<Config>
  create(config: Config, context: SourceContext): Source
  inputs(config: Config): readonly SourceInput[]
  names(config: Placed<PartialOf<Config>>): SourceNames
  /** What it connects to. */
  addresses(config: Config): readonly Address[]
  /** Whether tokens have a `sub` from it. */
  setsSubject(config: Config): boolean
  /** Whether it forwards the client's body, so that the body has to be JSON. */
  sendsBody(config: Config): boolean
}

/** Of a source that refers to no name. */
export const NO_NAMES: SourceNames = { variables: [], headers: [] }
