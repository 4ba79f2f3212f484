/** The wire formats that tokens are checked in, by their names. */
import type { Limits } from '../settings/limits.ts'
import type { CheckRouteConfig } from './check/settings.ts'
import { createForwardAuthProtocol } from './forward-auth.ts'
import { introspectionCheckProtocol } from './introspection-check.ts'
import { createOkeraCheckProtocol } from './okera-check.ts'
import type { CheckProtocol } from './protocol.ts'
import { createTxtokenCheckProtocol } from './txtoken-check.ts'
import { withReasons } from './with-reasons.ts'

/** Makes the wire format of a check route. */
export function createCheckProtocol(config: CheckRouteConfig, limits: Limits): CheckProtocol {
  const protocol = createPlainProtocol(config, limits)
  return config.reasons ? withReasons(protocol) : protocol
}

function createPlainProtocol(
  { protocol, token, headers }: CheckRouteConfig,
  { depth }: Limits
): CheckProtocol {
  switch (protocol) {
    case 'txtoken':
      return createTxtokenCheckProtocol({ places: token, maxDepth: depth })
    case 'okera':
      return createOkeraCheckProtocol({ places: token, maxDepth: depth })
    case 'introspection':
      return introspectionCheckProtocol
    case 'forward-auth':
      return createForwardAuthProtocol({ places: token, maxDepth: depth, headers })
  }
}
