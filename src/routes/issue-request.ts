/** What the issue pipeline may know of an HTTP request. */
import type { ServerResponse } from 'node:http'
import type { RouterContext } from '@koa/router'
import { invalidClaim } from '../issue/invalid-claim.ts'
import type { IssueRequest } from '../issue/issue.ts'
import type { JsonText } from '../json/json-text.ts'
import { isForm } from '../protocols/form.ts'
import { parseJsonBody } from '../protocols/json-body.ts'
import { bodyOf } from '../server/body.ts'
import type { AppContext, RequestState } from '../server/request-state.ts'

/**
 * @param body the client's JSON, as the protocol has read it
 * @param maxDepth levels that it may nest
 */
export function createIssueRequest(
  context: AppContext,
  body: Uint8Array,
  maxDepth: number
): IssueRequest {
  let parameters: URLSearchParams | undefined
  let json: JsonText | undefined
  return {
    id: context.state.requestId,
    body,
    json() {
      if (body.length > 0) json ??= parseJsonBody(body, maxDepth)
      return json
    },
    headers: context.req.headers,
    headerLines: (name) => context.req.headersDistinct[name] ?? [],
    parameters() {
      parameters ??= readParameters(context)
      return parameters
    },
    variables: () => readVariables(context),
    certificate: context.state.certificate ?? noCertificate,
    onAbort: (listener) => onClose(context.res, listener),
    trace: context.state.trace,
    limit: {}
  }
}

function noCertificate(): undefined {
  return undefined
}

function readParameters(context: AppContext): URLSearchParams {
  const query = new URLSearchParams(context.querystring)
  if (!isForm(context.state.contentType)) return query
  const form = new URLSearchParams(bodyOf(context).toString())
  return new URLSearchParams([...query, ...form])
}

/** The router gives what it cannot decode as it stands, so that `%ff` would be the same text as `%25ff`. */
function readVariables(context: AppContext): ReturnType<IssueRequest['variables']> {
  try {
    decodeURIComponent(context.path)
  } catch {
    throw invalidClaim('path is not valid UTF-8')
  }
  return (context as RouterContext<RequestState>).params ?? {}
}

/** Calls the listener when the connection ends, or at once where it has ended already. */
function onClose(response: ServerResponse, listener: () => void): void {
  if (response.closed) listener()
  else response.once('close', listener)
}
