/** Express middleware that lets requests with a valid token pass. */
import type { IncomingHttpHeaders } from 'node:http'
import type { VerifiedClaims } from '../keys/token.ts'
import { checkRequest, type RequestCheck } from './bearer.ts'
import type { TokenChecker } from './token-checker.ts'

/** The parts of an Express request that are used. */
interface ExpressRequest {
  readonly headers: IncomingHttpHeaders
  claims?: VerifiedClaims
}

/** The parts of an Express response that are used. */
interface ExpressResponse {
  readonly status: (status: number) => unknown
  readonly set: (fields: Record<string, string>) => unknown
  readonly json: (body: unknown) => unknown
}

/** Puts the claims into `request.claims`, or answers 401, 403 or 503. */
export function expressBearer(checker: Pick<TokenChecker, 'check'>) {
  return async function checkBearer(
    request: ExpressRequest,
    response: ExpressResponse,
    next: (error?: unknown) => void
  ): Promise<void> {
    let result: RequestCheck
    try {
      result = await checkRequest(checker, request.headers.authorization)
    } catch (error) {
      // Express 4 does not wait for promises: one that rejects would end the process.
      next(error)
      return
    }
    const { claims, errorAnswer } = result
    if (errorAnswer === undefined) {
      request.claims = claims
      next()
      return
    }
    response.status(errorAnswer.status)
    response.set({ ...errorAnswer.headers })
    response.json(errorAnswer.body)
  }
}
