/** The wire formats that tokens are issued in, by their names. */
import type { Config } from '../config/schema/full-form.ts'
import type { IssueRouteConfig } from '../config/schema/routes/issue.ts'
import { createOauthProtocol } from './oauth.ts'
import type { IssueProtocol } from './protocol.ts'
import { createThemisIssueProtocol } from './themis-issue.ts'
import { createTxtokenIssueProtocol } from './txtoken-issue.ts'

export function createIssueProtocol(
  { protocol, statuses }: IssueRouteConfig,
  { depth }: Config['limits']
): IssueProtocol {
  switch (protocol) {
    case 'txtoken':
      return createTxtokenIssueProtocol({ statuses, maxDepth: depth })
    case 'oauth':
      return createOauthProtocol({ maxDepth: depth })
    case 'themis':
      return createThemisIssueProtocol(statuses)
  }
}
