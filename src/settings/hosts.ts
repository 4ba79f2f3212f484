/** Addresses to listen on. */
import { BlockList, isIP, isIPv6 } from 'node:net'

/** Every address of both families (RFC 3493, section 5.3). */
export const EVERY_ADDRESS = '::'

/**
 * Reads an address or a name to listen on. An IPv6 address may be in brackets, as in URLs (RFC 3986, section 3.2.2), and
 * may have a zone behind `%`, or in brackets behind `%25` (RFC 6874, section 2).
 * @returns the address for the system, without brackets; undefined for any other text
 */
export function parseHost(text: string): string | undefined {
  const inBrackets = /^\[(.*)\]$/s.exec(text)?.[1]
  if (inBrackets !== undefined) {
    const address = inBrackets.replace(/%25(?=.)/, '%')
    return isIPv6(address) ? address : undefined
  }
  return isIP(text) !== 0 || /^[\w.-]+$/.test(text) ? text : undefined
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine reaches the address. The only such name is `localhost` (RFC 6761, section 6.3). */
export function isLoopback(host: string): boolean {
  const [address = ''] = host.split('%')
  const family = isIP(address)
  if (family === 0) return host.toLowerCase() === 'localhost'
  return LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

const EVERY = new BlockList()
EVERY.addAddress(EVERY_ADDRESS, 'ipv6')
EVERY.addAddress('0.0.0.0', 'ipv4')

/** Whether some connection could be for both hosts. Names are not looked up. */
export function overlap(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase() || includes(one, other) || includes(other, one)
}

/** `::` is every address of both families, and `0.0.0.0` those of IPv4. */
function includes(host: string, other: string): boolean {
  const family = isIP(host)
  if (family === 0 || !EVERY.check(host, family === 6 ? 'ipv6' : 'ipv4')) return false
  return family === 6 || isIP(other) === 4
}

/** Writes an address with its port, an IPv6 one in brackets. */
export function formatHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
