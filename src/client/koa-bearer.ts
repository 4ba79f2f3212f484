/** Koa middleware that lets requests with a valid token pass. */
import { checkRequest } from './bearer.ts'
import type { TokenChecker } from './token-checker.ts'

/** The parts of a Koa context that are used. */
interface KoaContext {
  readonly get: (field: string) => string
  readonly set: (fields: Record<string, string>) => void
  readonly state: Record<string, unknown>
  status: number
  body: unknown
}

/** Puts the claims into `context.state.claims`, or answers 401, 403 or 503. */
export function koaBearer(checker: Pick<TokenChecker, 'check'>) {
  return async function checkBearer(
    context: KoaContext,
    next: () => Promise<unknown>
  ): Promise<void> {
    const { claims, errorAnswer } = await checkRequest(checker, context.get('authorization'))
    if (errorAnswer === undefined) {
      context.state.claims = claims
      await next()
      return
    }
    context.status = errorAnswer.status
    context.set({ ...errorAnswer.headers })
    context.body = errorAnswer.body
  }
}
