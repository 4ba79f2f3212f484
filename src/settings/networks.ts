/** Settings that are IP addresses and networks, and look-ups in them. */
import { BlockList, isIP, SocketAddress } from 'node:net'
import * as z from 'zod'

/** In a list of networks: connections over a Unix socket, which have no address. */
export const UNIX = 'unix'

const TITLE =
  'an address such as 192.0.2.1 or ::1, a network such as 10.0.0.0/8 or fd00::/8, or unix'
const EXPECTED = `expected ${TITLE}`

/** The setting `trustedProxies`. */
export const networks = z
  .array(
    z
      .string(EXPECTED)
      .refine((text) => text === UNIX || parseNetwork(text) !== undefined, { error: EXPECTED })
      .meta({ title: TITLE }),
    'expected a list of addresses and networks'
  )
  .min(1, 'expected at least one address or network')

/** The same address is always the same text: IPv6 as RFC 5952 writes it, an IPv4 address mapped into IPv6 as IPv4, no zone. Undefined for any other text. */
export function normalAddress(text: string): string | undefined {
  const percent = text.indexOf('%')
  const address = percent === -1 ? text : text.slice(0, percent)
  const version = isIP(address)
  if (version !== 6) return version === 4 ? address : undefined
  const normal = new SocketAddress({ address, family: 'ipv6' }).address
  return MAPPED.exec(normal)?.[1] ?? normal
}

/** RFC 4291, section 2.5.5.2. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/
const MAPPED_BITS = 96

/** Whether an address, as {@link normalAddress} writes it, is in one of some networks; `unix` where they name it. */
export type IsIn = (address: string) => boolean

/** @param texts from the setting */
export function createIsIn(texts: readonly string[]): IsIn {
  const list = new BlockList()
  for (const text of texts) {
    const network = parseNetwork(text)
    if (network !== undefined) list.addSubnet(network.address, network.bits, network.family)
  }
  const hasUnix = texts.includes(UNIX)

  return function isIn(address) {
    if (address === UNIX) return hasUnix
    return list.check(address, address.includes(':') ? 'ipv6' : 'ipv4')
  }
}

interface Network {
  readonly address: string
  readonly bits: number
  readonly family: 'ipv4' | 'ipv6'
}

const NETWORK = /^([^/%]+)(?:\/(\d{1,3}))?$/

function parseNetwork(text: string): Network | undefined {
  const [, written = '', bits] = NETWORK.exec(text) ?? []
  const address = normalAddress(written)
  if (address === undefined) return undefined
  const isMapped = written.includes(':') && !address.includes(':')
  const most = address.includes(':') ? 128 : 32
  const given = bits === undefined ? most : Number(bits) - (isMapped ? MAPPED_BITS : 0)
  if (given < 0 || given > most) return undefined
  return { address, bits: given, family: most === 32 ? 'ipv4' : 'ipv6' }
}
