/** Reads the body of a request from node:http, in the memory that all bodies share. */
import type { IncomingMessage } from 'node:http'
import type { Account, ByteBudget } from '../remote/byte-budget.ts'
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
    const account: Account = {
      bytes: 0,
      waitsSince: undefined,
      cut: () => stopReading(noRoomForBody())
    }
    function stop(): void {
      request.off('data', take)
      request.off('end', finish)
      request.off('error', fail)
      request.off('close', fail)
    }
    function take(piece: Buffer): void {
      if (collector.add(piece)) {
        if (collector.size() !== expected) budget.watch(account)
        if (!budget.resize(account, collector.held())) stopReading(noRoomForBody())
      } else stopReading(bodyTooLarge())
    }
    function stopReading(error: Error): void {
      request.pause()
      end(error)
    }
    function finish(): void {
      stop()
      const bytes = collector.bytes()
      budget.finish(account)
      budget.resize(account, bytes.length)
      resolve(bytes)
    }
    function fail(): void {
      end(bodyIncomplete())
    }
    function end(error: Error): void {
      stop()
      budget.close(account)
      collector.discard()
      reject(error)
    }
    request.on('data', take)
    request.on('end', finish)
    request.on('error', fail)
    request.on('close', fail)
  })
}
