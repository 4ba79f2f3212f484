/** Probes of JWK Sets. */
import { createFetchJwks } from '../../keys/remote/fetch-jwks.ts'
import { JwksError } from '../../keys/remote/jwks-error.ts'
import type { Reach } from './probe.ts'

/** As much as any configuration allows; how long it may take is said by the signal. */
const LIMITS = { timeoutMs: 60_000, maxBytes: 64 * 1024 ** 2, maxKeys: 10_000 }

/** Fetches the set as the service would. Whether plain HTTP is allowed has been judged with the configuration. */
export const probeJwks: Reach = async ({ url, tls }, signal) => {
  const fetchJwks = createFetchJwks({
    url: url.href,
    allowHttp: true,
    tls,
    ...LIMITS,
    now: Date.now
  })
  const reply = await fetchJwks(undefined, signal)
  if (reply instanceof JwksError) throw reply
  const count = reply.jwks?.length ?? 0
  return `a JWK Set with ${count} ${count === 1 ? 'key' : 'keys'}`
}
