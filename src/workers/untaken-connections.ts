/** Closes connections that are on their way to a worker when it ends, so that their clients do not wait. */
import type { ChildProcess } from 'node:child_process'

/** A connection, as Node.js passes it between processes. */
interface ConnectionHandle {
  readonly close: () => void
}

/** The message that Node.js passes a connection with (`act`, `seq`), and what the worker answers (`ack`). */
interface ConnectionMessage {
  readonly act?: unknown
  readonly seq?: unknown
  readonly ack?: unknown
}

export interface UntakenConnections {
  readonly count: () => number
  readonly close: () => void
}

/**
 * Records the connections that are on their way to a worker. Node.js keeps its own copy of each until the worker has received it, and
 * forever if the worker ends before that: its client would wait forever.
 */
export function noteConnections(child: ChildProcess): UntakenConnections {
  const untaken = new Map<unknown, ConnectionHandle>()
  const send = child.send as (...parts: unknown[]) => boolean
  child.send = function sendAndNote(...parts: unknown[]) {
    const [message, handle] = parts as [ConnectionMessage, ConnectionHandle | undefined]
    if (handle !== undefined && message.act === 'newconn') untaken.set(message.seq, handle)
    return send.apply(child, parts)
  }
  child.on('internalMessage', ({ ack }: ConnectionMessage) => {
    if (ack !== undefined) untaken.delete(ack)
  })

  return {
    count: () => untaken.size,
    close() {
      for (const handle of untaken.values()) handle.close()
      untaken.clear()
    }
  }
}
