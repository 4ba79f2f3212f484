/** Finds the addresses that a configuration connects to, and tries whether they can be reached. */
import type { Config } from '../../config/full-form.ts'
import { addressesOfKey } from '../../keys/settings.ts'
import { kindOf } from '../../protocols/registry.ts'
import { type Address, addressesBelow } from '../../remote/address.ts'
import { addressesOfRevocation } from '../../revocation/settings.ts'
import { formatPath } from '../../settings/problem.ts'
import { REACH } from './reach.ts'

export interface ProbeResult {
  /** Where the address is in the full form. */
  readonly setting: string
  /** Without user name, password and query, which may be secret. */
  readonly address: string
  readonly reached: boolean
  /** What answered, or what went wrong. */
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
    const identity = JSON.stringify([address.url, address.tls])
    if (!addresses.has(identity)) addresses.set(identity, address)
  }
  return [...addresses.values()]
}

/**
 * Tries to reach an address.
 * @param deadlineMs for the whole of it
 */
export async function probe(address: Address, deadlineMs: number): Promise<ProbeResult> {
  const { setting, url, kind } = address
  const about = {
    setting: formatPath(setting),
    address: `${url.protocol}//${url.host}${url.pathname}`
  }
  const signal = AbortSignal.timeout(deadlineMs)
  try {
    return { ...about, reached: true, found: await REACH[kind](address, signal) }
  } catch (error) {
    const found = signal.aborted ? `no answer within ${deadlineMs} ms` : describe(error)
    return { ...about, reached: false, found }
  }
}

function describe(error: unknown): string {
  // A host with several addresses, none of which answers, gives an error without a message.
  const { message, code } = error as NodeJS.ErrnoException
  return message === '' ? String(code) : message
}
