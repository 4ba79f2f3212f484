/** The issue pipeline: claim sources, in order, then signing. */
import type { IncomingHttpHeaders } from 'node:http'
import type { JsonText } from '../json/json-text.ts'
import type { TraceHeaders } from '../remote/trace-context.ts'
import type { Claims } from './claims.ts'
import type { IssuedToken, Sign } from './sign.ts'
import type { ClientCertificate } from './sources/certificate/client-certificate.ts'

/** What a protocol has read from a request for a token. */
export interface IssueRequest {
  /** Names the request in the log. */
  readonly id: string
  /** The client's JSON, byte for byte. */
  readonly body: Uint8Array
  /** The client's JSON as text; undefined where the body is empty. Throws a ServiceError where it is no JSON. */
  readonly json: () => JsonText | undefined
  /** By their names in lower case; Node.js has joined those that stand several times, or dropped all but the first. */
  readonly headers: IncomingHttpHeaders
  /** The values of a header, by its name in lower case: as many as there are lines of it. */
  readonly headerLines: (name: string) => readonly string[]
  /** The parameters of the query, and after them those of a form in the body. */
  readonly parameters: () => URLSearchParams
  /** The values of the route's path variables. Throws a ServiceError where the path is not UTF-8. */
  readonly variables: () => Readonly<Record<string, string>>
  /** The trace that the request belongs to, for the calls that are made for it. */
  readonly trace: TraceHeaders | undefined
  /** What the client showed when it connected. Undefined where it showed no certificate, or was not asked for one. */
  readonly certificate: () => ClientCertificate | undefined
  /** Registers a listener for the moment when the client is gone. */
  readonly onAbort: (listener: () => void) => void
  /** Sources note here how their calls went: the time of all of them, the status of the last reply, and which remote failed. */
  readonly note: { remoteSeconds?: number; replyStatus?: number; failedRemote?: string }
  /** Sources note here until when what they tell is true, in seconds since 1970: no token outlives that. */
  readonly limit: { expiresAt?: number }
}

/** Contributes claims. Throws a ServiceError to refuse the request. */
export type Source = (request: IssueRequest) => Promise<Claims> | Claims

/** Asks sources, in order; later ones win. */
export type Gather = (request: IssueRequest) => Promise<Map<string, JsonText>>

/** Makes one function of several sources. They are asked one after the other, so that a refusal ends the asking. */
export function createGather(sources: readonly Source[]): Gather {
  return async function gather(request) {
    const claims = new Map<string, JsonText>()
    for (const source of sources) {
      for (const [name, value] of await source(request)) claims.set(name, value)
    }
    return claims
  }
}

/** How many seconds a token that is asked for is to live. Throws a ServiceError where the request does not say. */
export type LifetimeOf = (request: IssueRequest) => number

export interface IssueOptions {
  readonly gather: Gather
  readonly sign: Sign
  /** In whole seconds: the same for every token, or what the request asks for. */
  readonly lifetimeSeconds: number | LifetimeOf
}

/** Issues a token. */
export type Issue = (request: IssueRequest) => Promise<IssuedToken>

/** Makes the pipeline. A token ends with its lifetime, or sooner where a source has limited it. */
export function createIssue({ gather, sign, lifetimeSeconds }: IssueOptions): Issue {
  const lifetimeOf: LifetimeOf =
    typeof lifetimeSeconds === 'number' ? () => lifetimeSeconds : lifetimeSeconds

  return async function issue(request) {
    // A request that asks for none is refused before anybody else is asked.
    const seconds = lifetimeOf(request)
    const claims = await gather(request)
    return sign(claims, { lifetimeSeconds: seconds, expiresAt: request.limit.expiresAt })
  }
}
