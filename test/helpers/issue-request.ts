/** A request for a token as the issue pipeline gets it, without HTTP. */
import type { IssueRequest } from '../../src/issue/issue.ts'
import { parseJsonText } from '../../src/json/json-text.ts'

interface RequestParts extends Partial<Omit<IssueRequest, 'body' | 'parameters'>> {
  body?: string
  parameters?: Record<string, string>
}

/** An empty one, except for these parts. */
export function createTestRequest({ body, parameters, ...parts }: RequestParts = {}): IssueRequest {
  return {
    id: 'request-1',
    body: Buffer.from(body ?? '{}'),
    json: () => parseJsonText(body ?? '{}', 64),
    isForm: () => false,
    headers: {},
    headerLines: (name) => [parts.headers?.[name] ?? []].flat(),
    parameters: () => new URLSearchParams(parameters),
    variables: () => ({}),
    client: () => ({ connection: undefined, address: undefined, forwardedFor: undefined }),
    certificate: () => undefined,
    onAbort: () => {},
    note: {},
    trace: undefined,
    limit: {},
    ...parts
  }
}
