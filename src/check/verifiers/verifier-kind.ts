/** The interface of every kind of verifier. A new one is a file, and a line in the registry. */
import type * as z from 'zod'
import type { KeyStore } from '../../keys/key-store.ts'
import type { Address } from '../../remote/address.ts'
import type { Endpoint, EndpointOptions } from '../../remote/endpoint.ts'
import type { WithProxySetting } from '../../remote/proxy/proxies.ts'
import type { Limits } from '../../settings/limits.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import type { Verifier } from '../check.ts'
import type { IssuerKeys } from './issuer-keys.ts'
import type { JwkSetVerifierConfig } from './jwks.ts'

/** What the service gives to all verifiers of a configuration. */
export interface VerifierServices {
  readonly keyStore: KeyStore & {
    /** The keys of each JWK Set that a verifier names. */
    readonly jwkSets: ReadonlyMap<JwkSetVerifierConfig, KeyStore>
  }
  /** Issuers with their own keys, on any route. */
  readonly issuerKeys: IssuerKeys
  /** The issuers that verifiers of the route name: a verifier for the issuers of many tenants leaves their tokens to those. Default: none. */
  readonly namedIssuers?: ReadonlySet<string> | undefined
  readonly limits: Pick<Limits, 'depth' | 'reply' | 'calls'>
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
  /** Makes the client for the endpoint of a URL. The giver closes the clients. */
  readonly connectEndpoint: (
    url: string,
    options: WithProxySetting<Omit<EndpointOptions, 'userAgent' | 'onOutcome'>>
  ) => Endpoint
}

/** A kind of verifier: everything that others need to know of it. */
export interface VerifierKind<Config> {
  /** The setting that verifiers of this kind have, and no others. */
  readonly setting: string
  settings(reader: SecretReader): z.ZodType<Config>
  create(config: Config, services: VerifierServices): Verifier
  /** Whether it takes opaque tokens. Left out where it never does. */
  takesOpaque?(config: Config): boolean
  /** What it connects to. */
  addresses(config: Config): readonly Address[]
}
