/** The seam between the pipelines and HTTP. A protocol is one product's wire format, and nothing else. */
import type { Check } from '../check/check.ts'
import type { Token } from '../check/token.ts'
import type { ServiceError } from '../errors.ts'
import type { Issue, IssueRequest } from '../issue/issue.ts'
import type { AppContext, AppMiddleware } from '../middleware/request-state.ts'

interface Protocol {
  /** Answers with a refusal. */
  readonly writeError: (context: AppContext, error: ServiceError) => void
}

/** How a request for a token carries its input, and how the token is handed out. */
export interface IssueProtocol extends Protocol {
  /** @throws ServiceError for a request that is not of this format */
  readonly readRequest: (context: AppContext) => Pick<IssueRequest, 'body'>
  readonly writeToken: (context: AppContext, token: string) => void
}

/** How a request carries the token to check, and what is said of a good one. */
export interface CheckProtocol extends Protocol {
  /** @throws ServiceError where there is no token, or more than one */
  readonly readToken: (context: AppContext) => string
  readonly writeToken: (context: AppContext, token: Token) => void
}

/** request -> protocol reads it -> issue -> protocol answers */
export function createIssueHandler(
  protocol: IssueProtocol,
  issue: Issue,
  onIssued: () => void
): AppMiddleware {
  return async function issueToken(context) {
    const token = await issue({
      ...protocol.readRequest(context),
      onAbort: (listener) => void context.res.once('close', listener),
      trace: context.state.trace
    })
    onIssued()
    protocol.writeToken(context, token)
  }
}

/** request -> protocol reads it -> check -> protocol answers */
export function createCheckHandler(
  protocol: CheckProtocol,
  check: Check,
  onChecked: (refusal?: unknown) => void
): AppMiddleware {
  return async function checkToken(context) {
    try {
      protocol.writeToken(context, await check(protocol.readToken(context)))
    } catch (error) {
      onChecked(error)
      throw error
    }
    onChecked()
  }
}
