/** Routes that sign fields of a remote's reply. */

import { failures, sourceFailures } from '../openapi/failures.ts'
import { json, type Operation, schemaRef, secret } from '../openapi/parts.ts'
import { callers } from '../openapi/security.ts'
import type { KrakendRouteConfig } from './settings.ts'

export function describeKrakend(route: KrakendRouteConfig): Operation {
  const signed = route.sign.map(({ path }) => `\`${path.join('.')}\``).join(', ')
  return {
    summary: "Answers with the remote's reply, some fields of which are signed.",
    description: `The body may be any JSON, whatever its Content-Type. Signed: ${signed}.`,
    ...callers(route.auth),
    requestBody: { required: true, content: json({}) },
    responses: {
      '2XX': secret(
        'The reply, with its own status, and with tokens in place of these fields.',
        json({})
      ),
      ...failures(sourceFailures(route), json(schemaRef('Error')))
    }
  }
}
