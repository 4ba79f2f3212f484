/** What every kind of source brings along, and what it is built with. A new one is a folder or file, and a line in the registry. */
import type * as z from 'zod'
import type { ErrorCode } from '../../errors.ts'
import type { Signer } from '../../keys/key-store.ts'
import type { Address } from '../../remote/address.ts'
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
  /** Makes the client for a remote. Whoever gives this closes what it makes. */
  readonly connect: (options: Omit<RemoteOptions, 'userAgent' | 'onOutcome'>) => Remote
  readonly logger: { readonly warn: (fields: object, message: string) => void }
  readonly metrics: { readonly remoteSkipped: (remote: string, code: ErrorCode) => void }
}

/** What the sources of one route are built with. */
export interface SourceContext extends SourceServices {
  /** Signs the service bearers that are sent to remotes. */
  readonly signer: Signer
  /** The path in a remote's reply of the time at which the reply expires. Left out, replies do not expire. */
  readonly expiresAt?: ExpiryPath | undefined
}

/** A text that a source takes from a request beside its body, for OpenAPI. */
export interface SourceInput {
  readonly header?: string | undefined
  readonly parameter?: string | undefined
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

/** A kind of source: everything that others need to know of it. */
export interface SourceKind<Config> {
  /** The value of `from`. */
  readonly from: string
  settings(reader: SecretReader): z.ZodType<Config>
  create(config: Config, context: SourceContext): Source
  inputs(config: Config): readonly SourceInput[]
  names(config: Placed<PartialOf<Config>>): SourceNames
  /** What it connects to. */
  addresses(config: Config): readonly Address[]
  /** Whether it sends the client's body on, so that the body has to be JSON. */
  sendsBody(config: Config): boolean
}

/** Of a source that refers to no name. */
export const NO_NAMES: SourceNames = { variables: [], headers: [] }
