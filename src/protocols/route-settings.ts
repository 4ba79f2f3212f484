/** What routes of every kind may say. */
import * as z from 'zod'
import { integer } from '../settings/quantities.ts'
import { material, type SecretReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'

const API_KEY_LENGTH = 20

/** The listener that a route is on. */
export const on = z
  .string('expected the name of a listener')
  .default('main')
  .describe('The listener that the route is on. Default: main.')

/** Those who may call a route. */
export function callers(reader: SecretReader) {
  return section({
    apiKeys: z
      .array(
        material(reader).refine((key) => key.length >= API_KEY_LENGTH, {
          error: `expected at least ${API_KEY_LENGTH} characters`
        }),
        'expected a list of API keys'
      )
      .min(1, 'expected at least one API key')
      .describe(
        'The keys that are accepted, in the `api-key` header or as a Bearer of the Authorization header: each has at least 20 characters. To introspect, to revoke, and with `protocol: oauth`, the password of HTTP Basic may be the key too, with any user name.'
      )
  })
}

/** Who may call a route. */
export function auth(reader: SecretReader) {
  return callers(reader).optional().describe('Who may call the route. Default: everybody.')
}

/** How much a route takes at once. */
export const limits = section({
  requests: integer(1, 65_535)
    .optional()
    .describe(
      'Requests in flight on the route; beyond it the answer is 429 with `Retry-After`. Checks that are answered at once, without a wait for a verifier or for groups, do not count. Default: no limit.'
    )
})
  .prefault({})
  .describe('How much the route takes at once.')
