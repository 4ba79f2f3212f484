/** What the issue pipeline may know of an HTTP request. */
import type { ServerResponse } from 'node:http'
import type { RouterContext } from '@koa/router'
import type { IssueRequest } from '../issue/issue.ts'
import { bodyOf } from '../middleware/body.ts'
import type { AppContext, RequestState } from '../middleware/request-state.ts'
import { isForm } from '../protocols/form.ts'

/** @param body the client's JSON, as the protocol has read it */
export function createIssueRequest(context: AppContext, body: Uint8Array): IssueRequest {
  let parameters: URLSearchParams | undefined
  return {
    body,
    headers: context.req.headers,
    parameters() {
      parameters ??= readParameters(context)
      return parameters
    },
    variables: (context as RouterContext<RequestState>).params ?? {},
    onAbort: (listener) => onClose(context.res, listener),
    trace: context.state.trace,
    limit: {}
  }
}

function readParameters(context: AppContext): URLSearchParams {
  const query = new URLSearchParams(context.querystring)
  if (!isForm(context.state.contentType)) return query
  const form = new URLSearchParams(bodyOf(context).toString())
  return new URLSearchParams([...query, ...form])
}

/** The connection ends under an answer that is under way, or has ended before anybody listened. */
function onClose(response: ServerResponse, listener: () => void): void {
  if (response.closed) listener()
  else response.once('close', listener)
}
