/** The settings of a remote JWK Set, as the configuration has them, become the options of its key source. */
import type { RemoteKeyConfig } from '../../config/schema/keys.ts'
import type { RemoteKeySourceOptions } from './remote-key-source.ts'

/** What the configuration leaves out is left to the defaults of the key source. */
export function toRemoteKeyOptions(entry: RemoteKeyConfig): RemoteKeySourceOptions {
  return {
    url: entry.jwksUrl,
    kid: entry.kid,
    algorithms: [entry.alg],
    typ: entry.typ,
    allowHttp: entry.allowHttp,
    tls: entry.tls,
    refreshMilliseconds: entry.refresh,
    staleLimitMilliseconds: entry.staleLimit,
    cooldownMilliseconds: entry.cooldown,
    timeoutMilliseconds: entry.timeout,
    maxBytes: entry.limits?.size,
    maxKeys: entry.limits?.keys
  }
}
