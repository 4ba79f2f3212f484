/** The issue pipeline: claim sources, in order, then signing. */
import type { IncomingHttpHeaders } from 'node:http'
import { formatJsonPath, type JsonPath, textAt } from '../json/json-path.ts'
import type { JsonText } from '../json/json-text.ts'
import type { TraceHeaders } from '../remote/trace-context.ts'
import { type Claims, invalidClaim } from './claims.ts'
import type { IssuedToken, Sign } from './sign.ts'
import type { ClientCertificate } from './sources/certificate/client-certificate.ts'

/** What a protocol has read from a request for a token. */
export interface IssueRequest {
  /** The id of the request in the log. */
  readonly id: string
  /** The client's JSON, byte for byte. */
  readonly body: Uint8Array
  /** The client's JSON as text; undefined where the body is empty. Throws a ServiceError where it is no JSON. */
  readonly json: () => JsonText | undefined
  /** By their names in lower case; where a header is there several times, Node.js has joined the values, or dropped all but the first. */
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
  /** Sources note here until when their claims are valid, in seconds since 1970: a token expires no later. */
  readonly limit: { expiresAt?: number }
}

/** Contributes claims. Throws a ServiceError to reject the request. */
export type Source = (request: IssueRequest) => Promise<Claims> | Claims

const NONE: Claims = new Map()

/** Asks sources, in order; later ones win. */
export type Gather = (request: IssueRequest) => Promise<Claims>

/** Makes one function of several sources. It calls one after the other, so that after an error no further one is called. */
export function createGather(sources: readonly Source[]): Gather {
  return async function gather(request) {
    let claims: Claims = NONE
    for (const source of sources) {
      const more = await source(request)
      // Most routes have one source with claims: its own are not copied.
      if (claims.size === 0) claims = more
      else if (more.size > 0) claims = new Map([...claims, ...more])
    }
    return claims
  }
}

/** Which source set a claim, and which others did before. */
export interface Explanation {
  readonly value: JsonText
  /** The name of the source whose value it is. */
  readonly source: string
  /** The names of those that had set it before, in their order. */
  readonly overrides: readonly string[]
}

/** Asks sources as {@link Gather} does, and keeps where each claim comes from. */
export type Explain = (request: IssueRequest) => Promise<ReadonlyMap<string, Explanation>>

/** @param names of the sources, in their order */
export function createExplain(sources: readonly Source[], names: readonly string[]): Explain {
  return async function explain(request) {
    const explanations = new Map<string, Explanation>()
    for (const [index, source] of sources.entries()) {
      for (const [claim, value] of await source(request)) {
        const before = explanations.get(claim)
        const overrides = before === undefined ? [] : [...before.overrides, before.source]
        explanations.set(claim, { value, source: names[index] ?? '', overrides })
      }
    }
    return explanations
  }
}

/** The lifetime of a requested token. Throws a ServiceError where the request lacks it. */
export type LifetimeOf = (request: IssueRequest) => number

/**
 * Reads the lifetime from the client's JSON, a number of whole seconds. A client that asks for more than the most gets the most.
 * @throws ServiceError `invalid_request` when called, where the JSON has no such number
 */
export function createLifetimeOf(path: JsonPath, mostSeconds: number): LifetimeOf {
  const expected = `expected a whole number of seconds, 1 or more, as ${formatJsonPath(path)} of the body`

  return function lifetimeOf(request) {
    const json = request.json()
    const found = json === undefined ? undefined : textAt(json, path)
    const seconds: unknown = found === undefined ? undefined : JSON.parse(found)
    if (typeof seconds !== 'number' || seconds < 1 || seconds !== Math.floor(seconds)) {
      throw invalidClaim(expected)
    }
    return Math.min(seconds, mostSeconds)
  }
}

export interface IssueOptions {
  readonly gather: Gather
  readonly sign: Sign
  /** In whole seconds: the same for every token, or what the request asks for. */
  readonly lifetimeSeconds: number | LifetimeOf
}

/** Issues a token. */
export type Issue = (request: IssueRequest) => Promise<IssuedToken>

/** Makes the pipeline. A token expires after its lifetime, or sooner where a source has limited it. */
export function createIssue({ gather, sign, lifetimeSeconds }: IssueOptions): Issue {
  const lifetimeOf: LifetimeOf =
    typeof lifetimeSeconds === 'number' ? () => lifetimeSeconds : lifetimeSeconds

  return async function issue(request) {
    // A request without a lifetime is rejected before any source is called.
    const seconds = lifetimeOf(request)
    const claims = await gather(request)
    return sign(claims, { lifetimeSeconds: seconds, expiresAt: request.limit.expiresAt })
  }
}
