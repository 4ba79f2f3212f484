/** What a refusal by the remote becomes. */
import * as z from 'zod'

export const statuses = statusesOr('txtoken')

/** @param fallback what it is where the route does not say */
export function statusesOr(fallback: 'txtoken' | 'relay') {
  return z
    .enum(['txtoken', 'relay'], 'expected txtoken or relay')
    .default(fallback)
    .describe(
      `What a refusal by the remote becomes: \`txtoken\` answers 500 and names the status in the body, \`relay\` passes 401, 403, 422 and 429 on and answers 502 for the rest. Default: ${fallback}.`
    )
}
