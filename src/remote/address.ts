/** Addresses that a configuration connects to. Each kind of setting that has one lists it, so that `check-config --probe` can try it. */
import type { TlsSettings } from './tls-options.ts'

/** TLS as the settings beside an address have it. */
export interface AddressTls extends TlsSettings {
  /** PEM of a certificate to show, and its key. */
  readonly cert?: string | undefined
  readonly key?: string | undefined
}

export interface Address {
  /** Where the address is in the configuration, relative to the settings that list it. */
  readonly setting: readonly (string | number)[]
  readonly url: URL
  readonly tls: AddressTls | undefined
  /** What is found there. */
  readonly kind: 'http' | 'jwks' | 'redis' | 'ldap'
}

type SettingsWith<Setting extends string> = { readonly [Name in Setting]: string } & {
  readonly tls?: AddressTls | undefined
}

/**
 * Makes the address of a setting that holds a URL; TLS is that of the setting `tls` beside it.
 * @param setting its name
 */
export function addressIn<Setting extends string>(
  config: SettingsWith<Setting>,
  setting: Setting,
  kind: Address['kind']
): Address {
  return { setting: [setting], url: new URL(config[setting]), tls: config.tls, kind }
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
