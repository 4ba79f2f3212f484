/** Refresh tokens: opaque, random, and known to the service by their hash alone. */
import { createHash, randomBytes } from 'node:crypto'

const TOKEN_BYTES = 32

/** 32 bytes in base64url. A JWS has dots in it, so neither is ever taken for the other. */
const FORM = /^[A-Za-z0-9_-]{43}$/

/** Makes a token that nobody can guess. */
export function createRefreshToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

/** Whether a text may be a refresh token, by its form alone. */
export function hasRefreshTokenForm(text: string): boolean {
  return FORM.test(text)
}

/** What is stored of it: who reads the store cannot use it. */
export function hashRefreshToken(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}
