/** All kinds of stores, and what is asked of a store by its settings. A new kind is a file or folder here, and a line in the list. */
import type { Address } from '../../remote/address.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { fileStore } from './file-store.ts'
import { memoryStore } from './memory-store.ts'
import { redisStore } from './redis/redis-store.ts'
import type { RevocationStore, StoreKind, StoreOptions } from './store.ts'

const KINDS = { memory: memoryStore, file: fileStore, redis: redisStore }

type KindName = keyof typeof KINDS
type SettingsOf = { [Kind in KindName]: NonNullable<ReturnType<(typeof KINDS)[Kind]['parse']>> }
const kinds: { readonly [Kind in KindName]: StoreKind<SettingsOf[Kind]> } = KINDS

/** The settings of a store; `kind` names its kind. */
export type StoreSettings = SettingsOf[KindName]

/** How `revocation.store` may name a store: `memory, file:/path, ...`. */
export const STORE_NOTATIONS = Object.values(kinds)
  .map(({ notation }) => notation)
  .join(', ')

/** Reads `revocation.store`; undefined for a text that names no store. */
export function parseStore(text: string, reader: SecretReader): StoreSettings | undefined {
  for (const { parse } of Object.values(kinds)) {
    const settings = parse(text, reader)
    if (settings !== undefined) return settings
  }
  return undefined
}

/** Creates the store, which is then to be started. */
export function createStore<Kind extends KindName>(
  settings: SettingsOf[Kind] & { readonly kind: Kind },
  options: StoreOptions
): Promise<RevocationStore> {
  return kinds[settings.kind].create(settings, options)
}

/** How a store is made: {@link createStore}, or what another process does in its place. */
export type CreateStore = (
  settings: StoreSettings,
  options: StoreOptions
) => Promise<RevocationStore>

/** Where a store is reached over the network, without a user or password; undefined for one on this machine. */
export function addressOfStore<Kind extends KindName>(
  settings: SettingsOf[Kind] & { readonly kind: Kind }
): Pick<Address, 'url' | 'kind'> | undefined {
  return kinds[settings.kind].address?.(settings)
}
