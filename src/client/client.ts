/** The entry `txtoken/client`, for services that check tokens and have their own. It loads nothing of the server. */

export type { Algorithm } from '../keys/key.ts'
export type { VerifiedClaims } from '../keys/token.ts'
export { expressBearer } from './express-bearer.ts'
export { fastifyBearer } from './fastify-bearer.ts'
export { koaBearer } from './koa-bearer.ts'
export { createServiceToken, type ServiceToken, type ServiceTokenOptions } from './service-token.ts'
export { createTokenChecker, type TokenChecker, type TokenCheckerOptions } from './token-checker.ts'
export { TokenError, type TokenErrorCode } from './token-error.ts'
export { ServiceTokenError } from './token-reply.ts'
