/** Refusals that say their reason code, for clients that are told more than others. */
import type { CheckProtocol } from './protocol.ts'

/**
 * Adds the reason to whatever the protocol says of a refusal: as `reason` in a challenge that tells an error (RFC 6750, section 3, lets
 * it have other attributes), and as `reason` in a JSON body.
 */
export function withReasons(protocol: CheckProtocol): CheckProtocol {
  return {
    ...protocol,
    writeError(context, error) {
      protocol.writeError(context, error)
      const { reason } = error
      if (reason === undefined) return
      const challenge = context.response.get('WWW-Authenticate')
      if (challenge.startsWith('Bearer error=')) {
        context.set('WWW-Authenticate', `${challenge}, reason="${reason}"`)
      }
      const { body } = context
      if (typeof body === 'object' && body !== null) context.body = { ...body, reason }
    }
  }
}
