/** Routes that sign fields of a remote's reply. */

import { sendsBody } from '../../issue/sources/registry.ts'
import { clientBody } from '../openapi/client-body.ts'
import { failures, sourceFailures } from '../openapi/failures.ts'
import { json, type Operation, type PathItem, schemaRef, secret } from '../openapi/parts.ts'
import { withRemoteReplies } from '../openapi/remote-replies.ts'
import { callers } from '../openapi/security.ts'
import { describeParameters } from '../openapi/source-parameters.ts'
import type { KrakendRouteConfig } from './settings.ts'

export function describeKrakend(route: KrakendRouteConfig): PathItem {
  const signed = route.sign.map(({ path }) => `\`${path.join('.')}\``).join(', ')
  const isSent = sendsBody(route.claims)
  const operation: Operation = {
    summary: "Returns the remote's reply, with some of its fields signed.",
    description: `The body may be any JSON, whatever its Content-Type. Signed: ${signed}.`,
    ...callers(route.auth),
    parameters: describeParameters(route.claims),
    responses: {
      '2XX': secret(
        'The reply, with its own status, and with tokens in place of these fields.',
        json({})
      ),
      ...failures(sourceFailures(route), json(schemaRef('Error')))
    }
  }
  const described = withRemoteReplies(operation, route, route.claims)
  return {
    ...(!isSent && { get: described }),
    post: { ...described, ...clientBody(route.claims, route) }
  }
}
