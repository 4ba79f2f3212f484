/** The seam between the pipelines and HTTP. A protocol is one product's wire format, and nothing else. */
import type { CheckedToken } from '../check/check.ts'
import type { ServiceError } from '../errors.ts'
import type { IssuedToken } from '../issue/sign.ts'
import type { AppContext } from '../server/request-state.ts'

/**
 * The methods of a route's requests. `any` is for a gate: a proxy asks it about requests of others, so it answers every method, on its
 * path and on all below it, and leaves bodies alone.
 */
export type Methods = readonly string[] | 'any'

export interface Protocol {
  /** The methods of its requests. */
  readonly methods: Methods
  /** Whether its callers may show their API key as a password of HTTP Basic too (RFC 6749, section 2.3.1). */
  readonly takesBasic?: boolean
  /** Answers with a refusal. */
  readonly writeError: (context: AppContext, error: ServiceError) => void
}

/** How a request for a token carries its input, and how the token is handed out. */
export interface IssueProtocol extends Protocol {
  /**
   * Gives the client's JSON, byte for byte.
   * @throws ServiceError for a request that is not of this format
   */
  readonly readBody: (context: AppContext) => Uint8Array
  readonly writeToken: (context: AppContext, issued: IssuedToken) => void
}

/** How a request carries the token to check, and what is said of a good one. */
export interface CheckProtocol extends Protocol {
  /** @throws ServiceError where there is no token, or more than one */
  readonly readToken: (context: AppContext) => string
  readonly writeToken: (context: AppContext, checked: CheckedToken) => void
  /**
   * The same answer as plain data, for a request that carries nothing but a token in its Authorization header. Left out by
   * formats that take more from a request than that.
   */
  readonly plainAnswer?: ((checked: CheckedToken) => PlainAnswer) | undefined
}

/** An answer of status 200. */
export interface PlainAnswer {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
