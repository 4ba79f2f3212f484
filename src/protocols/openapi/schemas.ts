/** The JSON that several wire formats answer, and helpers for writing schemas. */
import type { Schema } from './parts.ts'

export const text = { type: 'string' } as const
export const texts = { type: 'array', items: text } as const

/** An object with these members and no others. */
export function object(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = Object.keys(properties)
): Schema {
  return { type: 'object', additionalProperties: false, required, properties }
}

/** A token in the compact serialization (RFC 7515, section 7.1). */
export const compactJws = {
  ...text,
  pattern: '^[\\w-]+\\.[\\w-]+\\.[\\w-]+$',
  examples: ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGFAZXhhbXBsZS5jb20ifQ.c2lnbmF0dXJl']
} as const
export const refreshToken = {
  ...text,
  description: 'Only if the route has refresh tokens, and the store has room for one more.'
} as const
const reason = { ...text, description: 'The reason code, if the route has `reasons: true`.' }

/** By the names that descriptions refer to. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  OauthError: object({ error: text, error_description: text, reason }, [
    'error',
    'error_description'
  ]),
  Error: object({ error: text, reason }, ['error'])
}
