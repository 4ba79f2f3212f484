/** Groups from an HTTP endpoint that is asked for a subject. */
import { checkUnavailable, invalidToken } from '../../errors.ts'
import type { Endpoint, EndpointCall } from '../../remote/endpoint.ts'
import { readReply } from '../endpoint-reply.ts'
import type { GroupLookup } from './subject-groups.ts'
import { isListOfNames } from './token-groups.ts'

export interface EndpointGroupsOptions {
  /** May hold `{sub}` in its path and query, and has to for GET. */
  readonly url: string
  /** POST sends `{"sub": "..."}`. */
  readonly method: 'GET' | 'POST'
  /** Sent along, such as what lets this service in. */
  readonly headers: Readonly<Record<string, string>>
  readonly endpoint: Endpoint
  /** Levels that the JSON of a reply may nest. */
  readonly maxDepth: number
}

const SUBJECT = '{sub}'

/**
 * A 200 has the groups as JSON, a list of strings or `{"groups": [...]}`, and a 404 says that there is no such subject.
 * @throws TypeError for a URL that a subject cannot be told by
 */
export function createEndpointGroups(options: EndpointGroupsOptions): GroupLookup {
  const { method, headers, endpoint, maxDepth } = options
  assertSubjectUrl(options.url, method)

  function createCall(subject: string): EndpointCall {
    const url = new URL(options.url.replaceAll(SUBJECT, () => encodeURIComponent(subject)))
    if (method === 'GET') return { url, method, headers }
    const body = JSON.stringify({ sub: subject })
    return { url, method, headers: { 'content-type': 'application/json', ...headers }, body }
  }

  return async function askForGroups(subject, trace) {
    // As part of a path they would name another one, however they are encoded (URL Standard, "double-dot URL path segment").
    if (subject === '.' || subject === '..') {
      throw invalidToken('Token has a sub that is no name', 'subject')
    }
    const call = createCall(subject)
    const { status, body } = await endpoint.ask({ ...call, trace })
    if (status === 404) return undefined
    if (status !== 200) {
      throw checkUnavailable(new Error(`${call.url.host}: found the status ${status}`))
    }
    return readGroups(body, maxDepth)
  }
}

/** @throws TypeError that says what was found and what is expected */
export function assertSubjectUrl(template: string, method: 'GET' | 'POST'): void {
  if (method === 'GET' && !template.includes(SUBJECT)) {
    throw new TypeError(`expected a URL with ${SUBJECT} in it, or the method POST`)
  }
  const [one, other] = ['a', 'b'].map((subject) => originOf(template.replaceAll(SUBJECT, subject)))
  if (one === undefined || one !== other) {
    throw new TypeError(`expected a URL with ${SUBJECT} in its path or query`)
  }
}

/** Undefined for what is no URL of HTTP. */
function originOf(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.origin : undefined
}

function readGroups(body: Buffer, maxDepth: number): readonly string[] {
  const { value } = readReply(body, maxDepth)
  const groups = Array.isArray(value) ? value : (value as { groups?: unknown } | null)?.groups
  if (!isListOfNames(groups)) {
    throw checkUnavailable(new Error('found groups that are no list of strings'))
  }
  return groups
}
