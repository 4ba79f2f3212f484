/** The address of a client behind trusted proxies: the last hop that is not one of them. */
import type { IncomingMessage } from 'node:http'
import { trimBlanks } from '../blanks.ts'
import type { Client } from '../issue/client.ts'
import { createIsIn, type IsIn, normalAddress, UNIX } from '../settings/networks.ts'

/** Reads the client of a request. */
export type ReadClient = (request: Pick<IncomingMessage, 'socket' | 'headers'>) => Client

/** @param trustedProxies addresses and networks; without any, the client is the peer of the connection */
export function createReadClient(trustedProxies: readonly string[] = []): ReadClient {
  if (trustedProxies.length === 0) return ({ socket }) => connected(addressOf(socket))
  const isTrusted = createIsIn(trustedProxies)

  return function readClient({ socket, headers }) {
    const connection = addressOf(socket)
    if (!isTrusted(connection ?? UNIX)) return connected(connection)
    const forwarded = namesClient(headers.forwarded)
      ? lastHops(headers.forwarded, readForwarded, isTrusted)
      : undefined
    const list = lastHops(headers['x-forwarded-for'], readList, isTrusted)
    // A proxy writes one of the two, and may pass on the other one of the client. It is unknown which.
    if (forwarded !== undefined && list !== undefined && forwarded[0] !== list[0]) {
      return connected(connection)
    }
    const hops = [...(forwarded ?? list ?? []), connection ?? UNIX].filter((hop) => hop !== UNIX)
    return {
      connection,
      address: hops[0],
      forwardedFor: hops.length === 0 ? undefined : hops.join(', ')
    }
  }
}

function addressOf({ remoteAddress }: IncomingMessage['socket']): string | undefined {
  return remoteAddress === undefined ? undefined : normalAddress(remoteAddress)
}

function connected(connection: string | undefined): Client {
  return { connection, address: connection, forwardedFor: connection }
}

/** The last hop of a field: its node, undefined for an unknown one, and the rest of the field before it. */
interface Hop {
  readonly node: string | undefined
  readonly before: string
}

/** No deployment has as many proxies in a row, and a client could write thousands. */
const MOST_HOPS = 32

/**
 * The known hops at the end of a field, from the first untrusted one on. Where the last known one is trusted, the hop before it
 * is unknown, whatever is further left: the client may have written that.
 * @returns undefined where the request has no such field, or an empty one
 */
function lastHops(
  field: string | string[] | undefined,
  readLast: (text: string) => Hop,
  isTrusted: IsIn
): string[] | undefined {
  // Node.js has joined the lines in order.
  let left = upToLast(String(field ?? ''))
  if (left === '') return undefined
  const hops: string[] = []
  while (left !== '' && hops.length < MOST_HOPS) {
    const { node, before } = readLast(left)
    if (node === undefined) break
    hops.unshift(node)
    if (!isTrusted(node)) break
    left = upToLast(before)
  }
  return hops
}

/** A list without the empty elements at its end, which do not count (RFC 9110, section 5.6.1.2). */
function upToLast(list: string): string {
  let end = list.length
  while (end > 0 && EMPTY.has(list.charAt(end - 1))) end--
  return list.slice(0, end)
}

const EMPTY: ReadonlySet<string> = new Set([',', ' ', '\t'])

/**
 * Whether a `Forwarded` may name a client. A proxy may write other parameters alone, such as `proto`. Where there is a `for`, or an
 * element cannot be read, it counts.
 */
function namesClient(field: string | undefined): boolean {
  let left = upToLast(field ?? '')
  for (let elements = 0; left !== ''; elements++) {
    const comma = lastComma(left)
    if (elements === MOST_HOPS || readFor(left.slice(comma + 1))?.length !== 0) return true
    left = upToLast(rest(left, comma))
  }
  return false
}

/** The last element of `X-Forwarded-For`. */
function readList(text: string): Hop {
  const comma = text.lastIndexOf(',')
  return { node: readNode(trimBlanks(text.slice(comma + 1))), before: rest(text, comma) }
}

/** The last element of `Forwarded` (RFC 7239, section 4). It is found from the end, so that nothing before it can change it. */
function readForwarded(text: string): Hop {
  const comma = lastComma(text)
  const [node, ...others] = readFor(text.slice(comma + 1)) ?? []
  const isOne = node !== undefined && others.length === 0
  return { node: isOne ? readNode(node) : undefined, before: rest(text, comma) }
}

function rest(text: string, comma: number): string {
  return comma === -1 ? '' : text.slice(0, comma)
}

/** The last comma outside of quoted strings. A quote that begins one follows `=`; inside of it, every quote has a backslash before it. */
function lastComma(text: string): number {
  for (let index = text.length - 1; index >= 0; index--) {
    if (text[index] === ',') return index
    if (text[index] === '"') index = text.lastIndexOf('="', index - 1)
  }
  return -1
}

/** Pairs may be empty. */
const PAIR = /(?:[ \t]*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=]*)))?[ \t]*(;|$)/y

/** The values of `for` in an element; undefined for a malformed one. */
function readFor(element: string): readonly string[] | undefined {
  const found: string[] = []
  PAIR.lastIndex = 0
  for (;;) {
    const [, name = '', quoted, plain, end] = PAIR.exec(element) ?? []
    if (end === undefined) return undefined
    if (name.toLowerCase() === 'for') {
      found.push(quoted?.replaceAll(/\\(.)/g, '$1') ?? plain ?? '')
    }
    if (end === '') return found
  }
}

/** An address, with or without brackets and a port (RFC 7239, section 6). */
const NODE = /^(?:\[([^\]]*:[^\]]*)\]|(\d+\.\d+\.\d+\.\d+))(?::(?:\d{1,5}|_[\w.-]+))?$/

/** The name that nginx has for a client on a Unix socket. */
const UNIX_NODE = 'unix:'

/** Undefined for a text that is not an address, such as `unknown` and `_hidden`. */
function readNode(text: string): string | undefined {
  if (text === UNIX_NODE) return UNIX
  const [, bracketed, plain] = NODE.exec(text) ?? []
  // A zone is of one machine alone.
  const address = bracketed ?? plain ?? text
  return address.includes('%') ? undefined : normalAddress(address)
}
