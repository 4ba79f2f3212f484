/** Reads the body of a request from node:http, in the shared memory of all bodies. */
import type { IncomingMessage } from 'node:http'
import { type ByteBudget, createAccount } from '../remote/byte-budget.ts'
import { createByteCollector } from '../remote/byte-collector.ts'
import { beginBody, bodyIncomplete, bodyTooLarge, NO_BODY, noRoomForBody } from './exchange.ts'

/**
 * Reads the body of a request; an empty one at once where there is none.
 * @throws ServiceError as {@link Exchange.readBody} does
 */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  budget: ByteBudget
): Promise<Buffer> | Buffer {
  const expected = beginBody(request, limitBytes)
  return expected === 0 ? NO_BODY : collect(request, { limitBytes, expected, budget })
}

interface CollectOptions {
  readonly limitBytes: number
  /** The length of the body, or -1 where it was not announced. */
  readonly expected: number
  readonly budget: ByteBudget
}

function collect(
  request: IncomingMessage,
  { limitBytes, expected, budget }: CollectOptions
): Promise<Buffer> {
  const { blocks } = budget
  const collector = createByteCollector({ limit: limitBytes, expected, blocks })
  return new Promise((resolve, reject) => {
    const account = createAccount(() => stopReading(noRoomForBody()))
    let ended = false

    function take(piece: Buffer): void {
      if (ended) return
      if (collector.add(piece)) {
        if (collector.size() !== expected) budget.watch(account)
        if (!budget.resize(account, collector.held())) stopReading(noRoomForBody())
      } else stopReading(bodyTooLarge())
    }
    function stopReading(error: Error): void {
      request.pause()
      fail(error)
    }
    function finish(): void {
      if (ended) return
      ended = true
      const bytes = collector.bytes()
      budget.finish(account)
      budget.resize(account, bytes.length)
      resolve(bytes)
    }
    function fail(error: Error): void {
      ended = true
      budget.close(account)
      collector.discard()
      reject(error)
    }
    // No listener is removed, since they are collected with the request.
    request.on('data', take)
    request.on('end', finish)
    request.on('close', () => {
      if (!ended) fail(bodyIncomplete())
    })
  })
}
