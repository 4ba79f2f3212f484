/** Describes failures of the calls that the client makes, for the log of the service that uses it. */
import { ServiceError } from '../errors.ts'
import { describeConnectionError } from '../remote/remote-errors.ts'

interface CallFailure {
  /** Holds no address, no key and nothing of a reply. */
  readonly message: string
  /** The status of the answer, if there was one. */
  readonly status?: number | undefined
  /** It may hold addresses. */
  readonly cause?: unknown
}

/** The messages of `remote/` are about the remote of the service, so they get other words here. */
export function describeFailure(error: unknown): CallFailure {
  if (!(error instanceof ServiceError)) return { message: 'found no answer', cause: error }
  const { remoteStatus: status, message, cause } = error
  if (status !== undefined) return { message: `found the status ${status}, expected 200`, status }
  const reason =
    cause instanceof Error ? describeConnectionError(cause, { text: message }) : message
  return { message: `found no answer: ${reason}`, cause }
}

/**
 * Puts the URL of a call before the message of its failure: a service may have several checkers and tokens.
 * @param url whose query may be secret
 */
export function nameUrl(url: string, { message }: Error): string {
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}: ${message}`
}
