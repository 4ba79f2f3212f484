/** The issue pipeline: claim sources, in order, then signing. */
import type { IncomingHttpHeaders } from 'node:http'
import { formatJsonPath, type JsonPath, textAt } from '../json/json-path.ts'
import type { JsonText } from '../json/json-text.ts'
import { isNumberText } from '../json/number-spelling.ts'
import type { Headers } from '../remote/call.ts'
import type { PassedHeaders } from '../remote/reply-headers.ts'
import type { TraceHeaders } from '../remote/trace-context.ts'
import { type Claims, invalidClaim, twiceInBody } from './claims.ts'
import type { Client } from './client.ts'
import type { IssuedToken, Sign } from './sign.ts'
import type { ClientCertificate } from './sources/certificate/client-certificate.ts'

/** The input that a protocol has read from a request for a token. */
export interface IssueRequest {
  /** The id of the request in the log. */
  readonly id: string
  /** The client's JSON, byte for byte. */
  readonly body: Uint8Array
  /** The client's JSON as text; undefined where the body is empty. Throws a ServiceError where it is not JSON. */
  readonly json: () => JsonText | undefined
  /** Whether that JSON was a form: all its values are text. */
  readonly isForm: () => boolean
  /** By their names in lower case; where a header is there several times, Node.js has joined the values, or dropped all but the first. */
  readonly headers: IncomingHttpHeaders
  /** The values of a header, by its name in lower case: as many as there are lines of it. */
  readonly headerLines: (name: string) => readonly string[]
  /** The parameters of the query, and after them those of a form in the body. */
  readonly parameters: () => URLSearchParams
  /** The values of the route's path variables. Throws a ServiceError where the path is not UTF-8. */
  readonly variables: () => Readonly<Record<string, string>>
  /** The trace of the request, sent with its calls. */
  readonly trace: TraceHeaders | undefined
  /** The client of the request, as far as it can be trusted. */
  readonly client: () => Client
  /** The certificate of the client's connection. Undefined without one, or where none was requested. */
  readonly certificate: () => ClientCertificate | undefined
  /** Registers a listener for the moment when the client is gone. */
  readonly onAbort: (listener: () => void) => void
  /** Notes of sources about their calls: the time of all of them, the status and the header fields of the last reply, the fields that the client gets with a token, and the remote that failed. */
  readonly note: {
    remoteSeconds?: number
    replyStatus?: number
    replyHeaders?: Headers
    passed?: PassedHeaders
    failedRemote?: string
  }
  /** Sources note here until when their claims are valid, in seconds since 1970: a token expires no later. */
  readonly limit: { expiresAt?: number }
}

/** Contributes claims. Throws a ServiceError to reject the request. */
export type Source = (request: IssueRequest) => Promise<Claims> | Claims

const NONE: Claims = new Map()

/** Calls sources in order; later ones win. */
export type Gather = (request: IssueRequest) => Promise<Claims>

/** Combines several sources. They are called one after the other, so that after an error no further one is called. */
export function createGather(sources: readonly Source[]): Gather {
  return async function gather(request) {
    let claims: Claims = NONE
    for (const source of sources) {
      const more = await source(request)
      // Most routes have one source with claims: its claims are not copied.
      if (claims.size === 0) claims = more
      else if (more.size > 0) claims = new Map([...claims, ...more])
    }
    return claims
  }
}

/** Which source set a claim, and which others did before. */
export interface Explanation {
  readonly value: JsonText
  /** The name of the source that set the value. */
  readonly source: string
  /** The names of the sources that had set it before, in order. */
  readonly overrides: readonly string[]
}

/** Calls sources as {@link Gather} does, and records where each claim comes from. */
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
 * Reads the lifetime from the client's JSON or form, a number of whole seconds. A client that asks for more than the maximum gets the maximum.
 * @throws ServiceError `invalid_request` when called, where the JSON has no such number
 */
export function createLifetimeOf(path: JsonPath, mostSeconds: number): LifetimeOf {
  const rejectTwice = twiceInBody(path)
  const expected = `expected a whole number of seconds, 1 or more, as ${formatJsonPath(path)} of the body`

  return function lifetimeOf(request) {
    const json = request.json()
    const found = json === undefined ? undefined : textAt(json, path, rejectTwice)
    const text: string = found !== undefined && request.isForm() ? JSON.parse(found) : (found ?? '')
    const seconds = Number(text)
    if (!isNumberText(text) || seconds < 1 || seconds !== Math.floor(seconds)) {
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
