/** Files of the pages of the service itself. No page loads anything from elsewhere, and nothing is inline. */
import { conditionalAnswer, entityTag } from './exchange.ts'
import { plainFormat } from './operations/route.ts'
import { createRoute, type Route } from './route.ts'

/** For the answers of pages, and for the data that they fetch. */
const PAGE_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cache-Control': 'no-cache',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff'
}

/**
 * Makes the route of one file, which browsers revalidate before they reuse it.
 * @param name of the route in log and metrics
 * @param type its media type, without parameters
 */
export function createFileRoute(name: string, path: string, type: string, text: string): Route {
  const body = Buffer.from(text)
  const headers = {
    ...PAGE_HEADERS,
    'Content-Type': `${type}; charset=utf-8`,
    ETag: entityTag(body)
  }
  const answer = { status: 200, headers, body }
  return {
    ...createRoute({
      path: name,
      format: plainFormat,
      respond: (exchange) => conditionalAnswer(exchange, answer)
    }),
    path
  }
}
