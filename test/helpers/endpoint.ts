/** A client for endpoints, as the service makes it. */
import type { ExecutionContext } from 'ava'
import { createEndpoint, type EndpointOptions } from '../../src/remote/endpoint.ts'

/** Makes a client that is closed with the test. */
export function makeEndpoint(t: ExecutionContext, options: Partial<EndpointOptions> = {}) {
  const endpoint = createEndpoint({
    timeoutMs: 3000,
    maxReplyBytes: 1000,
    maxCalls: 9,
    userAgent: 'test',
    onOutcome() {},
    ...options
  })
  t.teardown(endpoint.close)
  return endpoint
}
