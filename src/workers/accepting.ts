/** The sockets on which Node.js accepts connections for the workers: they are closed without losing a connection. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type ListeningSocket, listeningSocket, stopAccepting } from '../server/stop-accepting.ts'

/** The channel that reports servers that have just begun to listen. */
const LISTENING = 'tracing:net.server.listen:asyncEnd'
/** How long workers may take to receive connections that are on their way to them. */
const TAKEN_WITHIN_MS = 2000
const LOOK_EVERY_MS = 1

export interface Accepting {
  /**
   * Accepts no further connections for any worker, and waits until the workers have those that were accepted. What is accepted later
   * than a worker has closed its side would be lost.
   * @param isTaken whether all workers have received their connections
   */
  readonly stop: (isTaken: () => boolean) => Promise<void>
}

/** Records the sockets from now on. Node.js does not expose them, and closes them with the last worker. */
export function noteAccepting(): Accepting {
  const sockets: ListeningSocket[] = []
  let stopped: Promise<void> | undefined

  function note(message: unknown): void {
    const socket = listeningSocket((message as { server: Server }).server)
    if (socket !== undefined) sockets.push(socket)
  }

  async function stopAll(isTaken: () => boolean): Promise<void> {
    unsubscribe(LISTENING, note)
    await Promise.all(sockets.map((socket) => stopAccepting(socket, () => socket.handle.close())))
    const giveUpAt = performance.now() + TAKEN_WITHIN_MS
    while (!isTaken() && performance.now() < giveUpAt) await wait(LOOK_EVERY_MS)
  }

  subscribe(LISTENING, note)
  return {
    stop(isTaken) {
      stopped ??= stopAll(isTaken)
      return stopped
    }
  }
}
