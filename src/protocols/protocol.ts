/** The seam between the pipelines and HTTP. A protocol is one product's wire format, and nothing else. */
import type { Token } from '../check/token.ts'
import type { ServiceError } from '../errors.ts'
import type { IssueRequest } from '../issue/issue.ts'
import type { AppContext } from '../middleware/request-state.ts'

export interface Protocol {
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
