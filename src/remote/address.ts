/** Addresses that a configuration connects to. Each kind of setting that has one lists it, so that `check-config --probe` can try it. */
import type { TlsSettings } from './tls-options.ts'

/** The TLS settings beside an address. */
export interface AddressTls extends TlsSettings {
  /** PEM of a client certificate, and its key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

/** The expectations of a JWK Set: which keys, for which algorithms, within which limits. */
interface JwkSetUse {
  /** The allowed names of the issuer in its metadata, where that leads to the set. */
  readonly issuers?: readonly string[] | undefined
  readonly kid?: string | undefined
  readonly algorithms: readonly string[]
  /** Whether the set may be behind http://, where metadata leads to it. */
  readonly allowHttp?: boolean | undefined
  readonly timeoutMs?: number | undefined
  readonly maxBytes?: number | undefined
  readonly maxKeys?: number | undefined
}

interface AddressPlace {
  /** Where the address is in the configuration, relative to the settings that list it. */
  readonly setting: readonly (string | number)[]
  readonly url: URL
  readonly tls: AddressTls | undefined
  /** The setting that names a proxy, or none. */
  readonly proxy?: string | undefined
}

/** An address that is probed without credentials; `kind` is the kind of server. */
export interface OpenAddress extends AddressPlace {
  readonly kind: 'http' | 'jwks' | 'ldap'
  /** For a JWK Set. Left out where any key is acceptable. */
  readonly jwkSet?: JwkSetUse
}

/** An address that is probed in the way that the service uses it. */
export interface StoreAddress extends AddressPlace {
  readonly kind: 'redis' | 'directory'
  /** The address for people: a path, or a list of hosts, of which the URL holds only one. */
  readonly shown: string
  /**
   * Connects as the service does, with its credentials.
   * @param signal aborts it when its time is up
   * @returns a description of the answer
   * @throws Error with the reason
   */
  readonly reach: (signal: AbortSignal) => Promise<string>
}

export type Address = OpenAddress | StoreAddress

type SettingsWith<Setting extends string> = { readonly [Name in Setting]: string } & {
  readonly tls?: AddressTls | undefined
  readonly proxy?: string | undefined
}

/**
 * Makes the address of a setting that holds a URL; TLS and proxy come from the settings `tls` and `proxy` beside it.
 * @param setting its name
 */
export function addressIn<Setting extends string>(
  config: SettingsWith<Setting>,
  setting: Setting,
  kind: OpenAddress['kind']
): OpenAddress {
  const { tls, proxy } = config
  return { setting: [setting], url: new URL(config[setting]), tls, proxy, kind }
}

/**
 * Collects the addresses of a list of settings.
 * @param path where the list is
 */
export function addressesBelow<Config>(
  path: string,
  configs: readonly Config[] | undefined,
  addressesOf: (config: Config) => readonly Address[]
): Address[] {
  return (configs ?? []).flatMap((config, index) =>
    addressesOf(config).map((address) => ({
      ...address,
      setting: [path, index, ...address.setting]
    }))
  )
}
