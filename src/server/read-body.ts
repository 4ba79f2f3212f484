/** Reads the body of a request from node:http, in the memory that all bodies share. */
import type { IncomingMessage } from 'node:http'
import { type ByteBudget, createAccount } from '../remote/byte-budget.ts'
import { createByteCollector } from '../remote/byte-collector.ts'
import { bodyIncomplete, bodyTooLarge, hasBody, NO_BODY, noRoomForBody } from './exchange.ts'

/** The length of a body that its client has not announced: no body has it. */
const UNKNOWN = -1

/**
 * Reads the body of a request; an empty one at once where there is none.
 * @throws ServiceError as {@link Exchange.readBody} does
 */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
  budget: ByteBudget
): Promise<Buffer> | Buffer {
  if (!hasBody(request.headers)) return NO_BODY
  const { 'content-length': length } = request.headers
  const expected = length === undefined ? UNKNOWN : Number(length)
  if (expected > limitBytes) throw bodyTooLarge()
  return collect(request, { limitBytes, expected, budget })
}

interface CollectOptions {
  readonly limitBytes: number
  /** How long the body is, or {@link UNKNOWN}. */
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
    // No listener is taken off, since they go with the request.
    request.on('data', take)
    request.on('end', finish)
    request.on('close', () => {
      if (!ended) fail(bodyIncomplete())
    })
  })
}
