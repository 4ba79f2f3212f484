/** Finds what a configuration would connect to, wherever in it that stands. */

import type { Config } from '../../config/full-form.ts'
import { addressOfStore, type StoreSettings } from '../../revocation/stores/stores.ts'
import { formatPath } from '../../settings/problem.ts'
import { probeHttp } from './http.ts'
import { probeJwks } from './jwks.ts'
import type { Probe, ProbedTls, Reach } from './probe.ts'
import { probeConnection, probeRedis } from './socket.ts'

/** The settings whose URL is an address to connect to; any other URL is a name, such as that of an issuer. */
const ADDRESSES: ReadonlySet<string> = new Set([
  'url',
  'jwksUrl',
  'jwks',
  'endpoint',
  'recheck',
  'store'
])
const JWK_SETS: ReadonlySet<string> = new Set(['jwksUrl', 'jwks'])

/** How an address of each scheme is reached. */
const REACHES: ReadonlyMap<string, Reach> = new Map([
  ['http:', probeHttp],
  ['https:', probeHttp],
  ['redis:', probeRedis],
  ['rediss:', probeRedis],
  ['ldap:', probeConnection],
  ['ldaps:', probeConnection]
])

/** One probe for each address, at the first place where it stands. */
export function findProbes(config: Config): readonly Probe[] {
  const probes = new Map<string, Probe>()
  for (const probe of walk(config, [], config.revocation?.store)) {
    const key = JSON.stringify([probe.url, probe.tls])
    if (!probes.has(key)) probes.set(key, probe)
  }
  return [...probes.values()]
}

/** @param store the settings of the revocation store, which are no URL any more */
function* walk(
  value: unknown,
  path: readonly PropertyKey[],
  store: StoreSettings | undefined
): Generator<Probe> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, one] of Object.entries(value)) {
    const inner = [...path, Array.isArray(value) ? Number(name) : name]
    const url = ADDRESSES.has(name) ? addressOf(one, store) : undefined
    if (url !== undefined) {
      const reach = JWK_SETS.has(name) ? probeJwks : REACHES.get(url.protocol)
      const { tls } = value as { tls?: ProbedTls }
      if (reach !== undefined) yield { setting: formatPath(inner), url, tls, reach }
    }
    yield* walk(one, inner, store)
  }
}

function addressOf(value: unknown, store: StoreSettings | undefined): URL | undefined {
  if (typeof value === 'string') return URL.canParse(value) ? new URL(value) : undefined
  return store !== undefined && value === store ? addressOfStore(store) : undefined
}
