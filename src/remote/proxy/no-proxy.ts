/** NO_PROXY: the hosts that are called directly. */
import { BlockList, isIP } from 'node:net'
import { domainToASCII } from 'node:url'

/** Whether calls to a URL are direct. */
export type IsExempt = (url: URL) => boolean

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/**
 * Reads a list, with commas or blanks between its items: `*`, host names (with all names below them, whether they begin with a dot or not),
 * addresses and networks (`10.0.0.0/8`), and any of these but networks with a port. Names are compared without case, and never looked up.
 */
export function createIsExempt(list: string): IsExempt {
  const items = list
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .map(readItem)
  return function isExempt(url) {
    const host = hostOf(url)
    const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : url.port
    return items.some(({ port: only, fits }) => (only === undefined || only === port) && fits(host))
  }
}

interface Item {
  readonly port: string | undefined
  readonly fits: (host: string) => boolean
}

function readItem(item: string): Item {
  const network = readNetwork(item)
  if (network !== undefined) return { port: undefined, fits: network }
  const { host, port } = splitPort(item)
  if (host === '*') return { port, fits: () => true }
  const address = isIP(host) === 0 ? undefined : hostOf(new URL(`http://${bracket(host)}`))
  if (address !== undefined) return { port, fits: (given) => given === address }
  // URLs have names in this form (RFC 5891).
  const name = domainToASCII(host.replace(/^\*?\./, '').replace(/\.$/, ''))
  const below = `.${name}`
  return { port, fits: (given) => name !== '' && (given === name || given.endsWith(below)) }
}

function readNetwork(item: string): ((host: string) => boolean) | undefined {
  const [, text = '', bits] = /^\[?([^\]/]+)\]?\/(\d{1,3})$/.exec(item) ?? []
  const family = isIP(text)
  if (family === 0 || Number(bits) > (family === 4 ? 32 : 128)) return undefined
  const network = new BlockList()
  network.addSubnet(text, Number(bits), family === 4 ? 'ipv4' : 'ipv6')
  return (host) => {
    const given = isIP(host)
    return given !== 0 && network.check(host, given === 4 ? 'ipv4' : 'ipv6')
  }
}

function splitPort(item: string): { host: string; port: string | undefined } {
  if (isIP(item) === 6) return { host: item, port: undefined }
  const [, host = item, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(item) ?? []
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port }
}

function bracket(address: string): string {
  return isIP(address) === 6 ? `[${address}]` : address
}

/** In lower case, without the brackets of an address and the dot at the end of a name. */
function hostOf({ hostname }: URL): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}
