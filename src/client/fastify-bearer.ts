/** A Fastify hook that lets requests with a valid token pass. */
import type { IncomingHttpHeaders } from 'node:http'
import type { VerifiedClaims } from '../keys/token.ts'
import { checkRequest } from './bearer.ts'
import type { TokenChecker } from './token-checker.ts'

/** The parts of a Fastify request that are used. */
interface FastifyRequest {
  readonly headers: IncomingHttpHeaders
  claims?: VerifiedClaims
}

/** The parts of a Fastify reply that are used. */
interface FastifyReply {
  readonly code: (status: number) => unknown
  readonly headers: (fields: Record<string, string>) => unknown
  readonly send: (body: unknown) => unknown
}

/** For `onRequest`, of a route or of all: puts the claims into `request.claims`, or answers 401, 403 or 503. */
export function fastifyBearer(checker: Pick<TokenChecker, 'check'>) {
  return async function checkBearer(
    request: FastifyRequest,
    reply: FastifyReply
  ): Promise<unknown> {
    const { claims, errorAnswer } = await checkRequest(checker, request.headers.authorization)
    if (errorAnswer === undefined) {
      request.claims = claims
      return undefined
    }
    reply.code(errorAnswer.status)
    reply.headers({ ...errorAnswer.headers })
    // A hook that returns the reply has answered, and nothing after it runs.
    return reply.send(errorAnswer.body)
  }
}
