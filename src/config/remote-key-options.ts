/** The settings of a remote JWK Set, as the configuration has them, become the options of its key source. */

import type { JwksVerifierConfig } from '../check/verifiers/jwks-settings.ts'
import type { RemoteKeySourceOptions } from '../keys/remote/remote-key-source.ts'
import type { RemoteKeyConfig } from '../keys/settings.ts'

/** What the configuration leaves out is left to the defaults of the key source. */
export function toRemoteKeyOptions(entry: RemoteKeyConfig): RemoteKeySourceOptions {
  const { jwksUrl: url, kid, alg, typ } = entry
  return { url, kid, algorithms: [alg], typ, ...toFetchOptions(entry) }
}

/** All keys of the set of an issuer. */
export function toJwkSetOptions(verifier: JwksVerifierConfig): RemoteKeySourceOptions {
  const { jwks: url, algorithms } = verifier
  return { url, algorithms, ...toFetchOptions(verifier) }
}

function toFetchOptions(entry: RemoteKeyConfig | JwksVerifierConfig) {
  return {
    allowHttp: entry.allowHttp,
    tls: entry.tls,
    refreshMs: entry.refresh,
    staleLimitMs: entry.staleLimit,
    cooldownMs: entry.cooldown,
    timeoutMs: entry.timeout,
    maxBytes: entry.limits?.size,
    maxKeys: entry.limits?.keys
  }
}
