/** What the issue pipeline may know of an HTTP request. */
import { invalidClaim } from '../../issue/invalid-claim.ts'
import type { IssueRequest } from '../../issue/issue.ts'
import type { JsonText } from '../../json/json-text.ts'
import type { Exchange } from '../exchange.ts'
import { isForm, parseJsonBody } from '../json-body.ts'

/**
 * @param body the client's JSON, as the wire format has read it
 * @param maxDepth levels that it may nest
 */
export function createIssueRequest(
  exchange: Exchange,
  body: Uint8Array,
  maxDepth: number
): IssueRequest {
  let parameters: URLSearchParams | undefined
  let json: JsonText | undefined
  return {
    id: exchange.id,
    body,
    json() {
      if (body.length > 0) json ??= parseJsonBody(body, maxDepth)
      return json
    },
    headers: exchange.headers,
    headerLines: exchange.headerLines,
    parameters() {
      parameters ??= readParameters(exchange)
      return parameters
    },
    variables: () => readVariables(exchange),
    certificate: exchange.certificate,
    onAbort: exchange.onClose,
    note: exchange.note,
    limit: {}
  }
}

function readParameters(exchange: Exchange): URLSearchParams {
  const query = new URLSearchParams(exchange.query)
  if (!isForm(exchange)) return query
  const form = new URLSearchParams(exchange.body.toString())
  return new URLSearchParams([...query, ...form])
}

/** The router leaves what it cannot decode as it is, so that `%ff` would be the same text as `%25ff`. */
function readVariables({ path, variables }: Exchange): ReturnType<IssueRequest['variables']> {
  try {
    decodeURIComponent(path)
  } catch {
    throw invalidClaim('path is not valid UTF-8')
  }
  return variables
}
