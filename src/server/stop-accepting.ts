/** Stops listening without losing a connection: connections in the backlog are accepted first. */
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'

/** The listening socket inside of a server of Node.js. */
interface ListenHandle {
  /** Of the system. */
  readonly fd: number
  /** Listens, or changes the size of the backlog. */
  readonly listen: (backlog: number) => number
  /** Closes it, once. */
  readonly close: () => void
  /** Gets each connection that was accepted. */
  onconnection: (...parts: unknown[]) => void
}

/** The connection inside of a socket of Node.js. */
interface ConnectionHandle {
  /** Returns 0 where the connection is established. */
  readonly getpeername: (name: object) => number
}

export interface ListeningSocket {
  readonly handle: ListenHandle
  /** Where it listens. */
  readonly address: AddressInfo
}

/** How long it waits for a moment without a connection on its way. */
const LONGEST_MS = 2000

/** @returns undefined where the server does not listen by itself, as in a worker */
export function listeningSocket(server: Server): ListeningSocket | undefined {
  const { _handle: handle } = server as unknown as { _handle?: ListenHandle | null }
  const address = server.address()
  // A worker has another object in its place, without a descriptor.
  if (!handle || typeof handle.fd !== 'number') return undefined
  if (address === null || typeof address === 'string') return undefined
  return { handle, address }
}

/**
 * Accepts what has come, and closes the socket in a moment in which no client's connection is on its way to be accepted. The system would
 * reset those, with the requests that clients have sent already. With a backlog of 0, the system holds one connection at most, and leaves
 * further clients without an answer, so that they ask again a second later. Once that one is our own, there is none of a client.
 */
export async function stopAccepting(
  { handle, address }: ListeningSocket,
  close: () => void
): Promise<void> {
  const { onconnection } = handle
  let accepted = 0
  handle.onconnection = function countAccepted(...parts) {
    accepted++
    onconnection.apply(this, parts)
  }
  handle.listen(0)
  const giveUpAt = performance.now() + LONGEST_MS
  for (let isOurs = false; !isOurs && performance.now() < giveUpAt; ) {
    // Each turn of the event loop may accept one connection alone.
    for (let before = -1; before !== accepted && performance.now() < giveUpAt; ) {
      before = accepted
      await nextTurn()
    }
    const own = connect(ownAddress(address)).on('error', () => {})
    // Node.js connects in a tick before this one. A connection on the same machine is established at once, and no turn has passed.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    isOurs = isEstablished(own)
    if (isOurs) close()
    own.destroy()
  }
  handle.onconnection = onconnection
  close()
}

function isEstablished(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { _handle?: Partial<ConnectionHandle> | null }
  return handle?.getpeername?.({}) === 0
}

/** A socket on every address of a family is reached by the loopback address. */
function ownAddress({ address, port }: AddressInfo): { host: string; port: number } {
  if (address === '::') return { host: '::1', port }
  return { host: address === '0.0.0.0' ? '127.0.0.1' : address, port }
}
