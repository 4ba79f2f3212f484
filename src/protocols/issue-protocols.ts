/** The wire formats that tokens are issued in, by their names. */

import { sendsBody } from '../issue/sources/remote/sent-body.ts'
import type { Limits } from '../settings/limits.ts'
import type { IssueRouteConfig } from './issue/settings.ts'
import { createOauthProtocol } from './oauth.ts'
import type { IssueProtocol } from './protocol.ts'
import { createThemisIssueProtocol } from './themis-issue.ts'
import { createTxtokenIssueProtocol } from './txtoken-issue.ts'

/** Makes the wire format of an issue route. Those of krakend and supertokens have routes of their own. */
export function createIssueProtocol(
  { protocol, statuses, claims }: IssueRouteConfig,
  { depth }: Limits
): IssueProtocol {
  switch (protocol) {
    case 'txtoken':
      return createTxtokenIssueProtocol({ statuses, maxDepth: depth })
    case 'oauth':
      return createOauthProtocol({ maxDepth: depth })
    case 'themis':
      return createThemisIssueProtocol({ statuses, isSent: sendsBody(claims), maxDepth: depth })
  }
}
