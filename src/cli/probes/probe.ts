/** Finds the addresses that a configuration connects to, and checks whether they can be reached. */
import type { Config } from '../../config/full-form.ts'
import { addressesOfKey } from '../../keys/settings.ts'
import { kindOf } from '../../protocols/registry.ts'
import { type Address, addressesBelow } from '../../remote/address.ts'
import { type ProxyFor, readProxies } from '../../remote/proxy/proxies.ts'
import { describeConnectionError } from '../../remote/remote-errors.ts'
import { addressesOfRevocation } from '../../revocation/settings.ts'
import { formatPath } from '../../settings/problem.ts'
import { REACH } from './reach.ts'

export interface ProbeResult {
  /** Where the address is in the full form. */
  readonly setting: string
  /** Without user name, password and query, which may be secret. */
  readonly address: string
  readonly reached: boolean
  /** Whether a good setting and a wrong one get the same answer. Left out where it is false. */
  readonly unclear?: true
  /** A description of the answer, or the error. */
  readonly found: string
}

/** The addresses of a configuration. One that occurs several times is listed once, at its first place. */
export function findAddresses({
  keys,
  revocation,
  routes
}: Pick<Config, 'keys' | 'revocation' | 'routes'>): readonly Address[] {
  const addresses = new Map<string, Address>()
  for (const address of [
    ...addressesBelow('keys', keys, addressesOfKey),
    ...(revocation === undefined ? [] : addressesOfRevocation(revocation)).map((one) => ({
      ...one,
      setting: ['revocation', ...one.setting]
    })),
    ...addressesBelow('routes', routes, (route) => kindOf(route).addresses(route))
  ]) {
    const { url, tls, proxy } = address
    const jwkSet = 'jwkSet' in address ? address.jwkSet : undefined
    const identity = JSON.stringify([url, tls, proxy, jwkSet])
    if (!addresses.has(identity)) addresses.set(identity, address)
  }
  return [...addresses.values()]
}

/**
 * Tries to reach an address.
 * @param deadlineMs for the whole attempt
 * @param proxyFor which proxy it goes through, as the service does
 */
export async function probe(
  address: Address,
  deadlineMs: number,
  proxyFor: ProxyFor = readProxies({})
): Promise<ProbeResult> {
  const { setting, url } = address
  const about = {
    setting: formatPath(setting),
    address: 'reach' in address ? address.shown : `${url.protocol}//${url.host}${url.pathname}`
  }
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    const found =
      'reach' in address
        ? await address.reach(signal)
        : await REACH[address.kind](address, { signal, proxyFor, deadlineMs })
    if (typeof found === 'string') return { ...about, reached: true, found }
    return {
      ...about,
      reached: true,
      ...(found.isUnclear && { unclear: true }),
      found: found.found
    }
  } catch (error) {
    const found = signal.aborted ? `no answer within ${deadlineMs} ms` : describe(error, url)
    return { ...about, reached: false, found }
  }
}

function describe(error: unknown, { protocol }: URL): string {
  // For a host with several addresses, none of which answers, the error has no message.
  const { message, code } = error as NodeJS.ErrnoException
  return message === ''
    ? String(code)
    : describeConnectionError(error as Error, { plain: `${protocol.replace(/s:$/, ':')}//` })
}
