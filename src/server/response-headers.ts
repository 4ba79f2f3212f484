/** Header fields that every answer of a listener carries, as the configuration says. */
import type { RequestListener } from 'node:http'

/** Sets them ahead of the application, so that there is no answer without them. */
export function withResponseHeaders(
  application: RequestListener,
  fields: Readonly<Record<string, string>> | undefined
): RequestListener {
  if (fields === undefined) return application
  const entries = Object.entries(fields)

  return function answerWithHeaders(request, response) {
    for (const [name, value] of entries) response.setHeader(name, value)
    application(request, response)
  }
}
