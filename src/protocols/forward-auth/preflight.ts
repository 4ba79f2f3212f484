/** CORS preflights at a gate (Fetch standard, section 4.8): browsers send OPTIONS before a request, and never with a token. */
import type { Exchange } from '../exchange.ts'

/** The header fields in which gateways send the method of the client's request. */
const METHOD_FIELDS = ['x-forwarded-method', 'x-original-method']

/**
 * Whether a gateway checks a CORS preflight. It uses the method of the request itself, as Envoy does, or sends the method in a
 * header field. Every such field has to be OPTIONS, and once: only a client that tries to pass sends another one beside it.
 */
export function isPreflight({ method, headers, headerLines }: Exchange): boolean {
  // Some gateways send an empty field where the client sent none.
  if ((headers['access-control-request-method'] ?? '') === '') return false
  const named = METHOD_FIELDS.flatMap(headerLines)
  return (named.length > 0 || method === 'OPTIONS') && named.every((name) => name === 'OPTIONS')
}
