/** The issue pipeline: claim sources, in order, then signing. */
import type { JsonText } from '../json/json-text.ts'
import type { Claims } from './claims.ts'
import type { Sign } from './sign.ts'

/** What a protocol has read from a request for a token. */
export interface IssueRequest {
  /** The client's JSON, byte for byte. */
  readonly body: Uint8Array
  /** Registers a listener for the moment when the client is gone. */
  readonly onAbort: (listener: () => void) => void
  /** Sources note here what the request log should tell. */
  readonly trace: { remoteSeconds?: number }
}

/** Contributes claims. Throws a ServiceError to refuse the request. */
export type Source = (request: IssueRequest) => Promise<Claims> | Claims

export interface IssueOptions {
  readonly sources: readonly Source[]
  readonly sign: Sign
  readonly lifetimeSeconds: number
}

/** Issues a token, as a compact JWS. */
export type Issue = (request: IssueRequest) => Promise<string>

export function createIssue({ sources, sign, lifetimeSeconds }: IssueOptions): Issue {
  return async function issue(request) {
    const claims = new Map<string, JsonText>()
    for (const source of sources) {
      for (const [name, value] of await source(request)) claims.set(name, value)
    }
    return sign(claims, lifetimeSeconds)
  }
}
