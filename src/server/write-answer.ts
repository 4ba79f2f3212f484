/** The one place that writes answers, for both hosts. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as untilPolled } from 'node:timers/promises'
import type { Answer } from '../protocols/exchange.ts'
import type { ByteBudget } from '../remote/byte-budget.ts'
import { hasBodyToCome } from './exchange.ts'

/**
 * Writes an answer; it returns a promise only where the body of the request is incomplete.
 * @param id the request id, which is in every answer
 */
export type WriteAnswer = (
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  id: string
) => Promise<void> | undefined

/** Statuses whose answers have no content (RFC 9110, sections 15.3.5, 15.3.6 and 15.4.5). */
const WITHOUT_CONTENT: ReadonlySet<number> = new Set([204, 205, 304])

/** Answers up to this size are not counted: the system takes them, and they cost less than their connection. */
const UNCOUNTED_BYTES = 4096

/** Makes the function that writes. Bytes that a slow client has not read count in the budget. */
export function createWriteAnswer(budget: ByteBudget): WriteAnswer {
  return function writeAnswer(request, response, answer, id) {
    if (hasBodyToCome(request)) return writeBeforeBody(request, response, answer, id)
    write(response, answer, id)
    return undefined
  }

  /** Most bodies come in one packet with their header: such a body is unread, but its connection can stay open. */
  async function writeBeforeBody(
    request: IncomingMessage,
    response: ServerResponse,
    { headers, ...answer }: Answer,
    id: string
  ): Promise<void> {
    await untilPolled()
    const last = hasBodyToCome(request) ? { Connection: 'close' } : undefined
    write(response, { ...answer, headers: { ...headers, ...last } }, id)
  }

  function write(response: ServerResponse, { status, headers, body }: Answer, id: string): void {
    if (WITHOUT_CONTENT.has(status)) {
      const { 'Content-Type': _, ...fields } = headers
      response.writeHead(status, { 'X-Request-Id': id, ...(fields as Record<string, string>) })
      response.end()
      return
    }
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length
    response.writeHead(status, {
      'X-Request-Id': id,
      ...(headers as Record<string, string>),
      'Content-Length': length
    })
    // Node.js leaves out the body of an answer to HEAD.
    response.end(body)
    if (length > UNCOUNTED_BYTES) countUnsent(response)
  }

  function countUnsent(response: ServerResponse): void {
    const { writableLength } = response
    if (writableLength === 0) return
    const account = budget.holdUnsent(writableLength, () => response.destroy())
    response.once('close', () => budget.close(account))
  }
}
