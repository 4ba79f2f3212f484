/** Pipelined requests, which a client sends before earlier ones are answered (RFC 9112, section 9.3.2). */
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { type Account, type ByteBudget, createAccount } from '../remote/byte-budget.ts'

/** About the memory of a request that waits, with the header that it came with. */
const WAITING_BYTES = 4096

/** While this many wait on a connection, it is not read. A single piece may contain more. */
const MOST_READ_AHEAD = 16

/** The waiting requests of a connection. */
interface Queue {
  length: number
  /** Their memory. Their connection may be cut to make room for others. */
  readonly account: Account
}

/**
 * Makes a listener that gets the requests of a connection one after the other, each once the answer before it is written. So no connection has
 * more than one request in flight, however many its client sends. Those that wait count in the budget.
 */
export function createOneAtATime(listener: RequestListener, budget: ByteBudget): RequestListener {
  const queues = new WeakMap<Socket, Queue>()

  return function answerOneAtATime(request, response) {
    // Node.js gives its connection to a response when its turn has come. Hardly any client pipelines, so for most this is all.
    if (response.socket !== null) return listener(request, response)
    const { socket } = request
    const queue = queues.get(socket) ?? createQueue(socket)
    if (!setLength(socket, queue, queue.length + 1)) return
    // Other connections are read between the turns of this one. Before, Node.js has thousands of short requests from one read.
    response.once('socket', () => setImmediate(answerInTurn))

    function answerInTurn(): void {
      if (setLength(socket, queue, queue.length - 1)) listener(request, response)
    }
  }

  function createQueue(socket: Socket): Queue {
    const queue = { length: 0, account: createAccount(() => socket.destroy()) }
    queues.set(socket, queue)
    socket.once('close', () => budget.close(queue.account))
    // Node.js reads on after each request.
    socket.on('resume', () => {
      if (queue.length >= MOST_READ_AHEAD) socket.pause()
    })
    return queue
  }

  /** @returns false where the connection has ended, or ends now, since there is no room for its requests */
  function setLength(socket: Socket, queue: Queue, length: number): boolean {
    if (socket.destroyed) return false
    const { account } = queue
    queue.length = length
    if (length === 0) budget.close(account)
    else {
      // However much a client sends ahead, its connection is cut before a slow body.
      budget.watch(account, Number.NEGATIVE_INFINITY)
      if (!budget.resize(account, length * WAITING_BYTES)) socket.destroy()
    }
    if (length >= MOST_READ_AHEAD) socket.pause()
    else if (socket.isPaused()) socket.resume()
    return !socket.destroyed
  }
}
