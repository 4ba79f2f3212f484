/** All kinds of stores, and functions over the settings of a store. A new kind is a file or folder here, and a line in the list. */
import type { SecretReader } from '../../settings/secrets.ts'
import { fileStore } from './file-store.ts'
import { memoryStore } from './memory-store.ts'
import { redisStore } from './redis/redis-store.ts'
import type { RevocationStore, StoreKind, StoreOptions, StorePlace, StoreTls } from './store.ts'

const KINDS = { memory: memoryStore, file: fileStore, redis: redisStore }

type KindName = keyof typeof KINDS
type SettingsOf = { [Kind in KindName]: NonNullable<ReturnType<(typeof KINDS)[Kind]['parse']>> }
const kinds: { readonly [Kind in KindName]: StoreKind<SettingsOf[Kind]> } = KINDS

/** The settings of a store; `kind` names its kind. */
export type StoreSettings = SettingsOf[KindName]

/** The notations of `revocation.store`: `memory, file:/path, ...`. */
export const STORE_NOTATIONS = Object.values(kinds)
  .map(({ notation }) => notation)
  .join(', ')

/** Reads `revocation.store`; undefined for a text that is not a store. */
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

/** Makes a store: {@link createStore}, or a substitute in another process. */
export type CreateStore = (
  settings: StoreSettings,
  options: StoreOptions
) => Promise<RevocationStore>

/** Whether a store is reached over the network, so that several processes can use it. */
export function isOnNetwork(settings: StoreSettings): boolean {
  const place = addressOfStore(settings)
  return place !== undefined && place.kind !== 'directory'
}

/** Where a store is reached, without a user or password; undefined for one in this process. */
export function addressOfStore<Kind extends KindName>(
  settings: SettingsOf[Kind] & { readonly kind: Kind },
  tls?: StoreTls | undefined
): StorePlace | undefined {
  return kinds[settings.kind].address?.(settings, tls)
}
