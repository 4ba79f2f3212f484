/** `/.well-known/jwks.json`: the public keys, as a JWK Set (RFC 7517, section 5). */
import { createHash } from 'node:crypto'
import type { KeyStore } from '../keys/key-store.ts'
import { JWK_SET_PATH } from '../protocols/own-paths.ts'
import type { AppMiddleware } from '../server/request-state.ts'

/** Seconds that a verifier may keep the set. The most is what a key that is imported without notice has to wait. */
const MAX_AGE = { least: 1, most: 900 } as const

/** @param now the clock, in milliseconds since 1970 */
export function createJwkSetRoute(keyStore: KeyStore, now: () => number): AppMiddleware {
  return function publishJwkSet(context) {
    const text = JSON.stringify({ keys: [...keyStore.published().values()].map(({ jwk }) => jwk) })
    context.state.route = JWK_SET_PATH
    context.status = 200
    context.set({
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': `max-age=${maxAge(keyStore.changesAt() - now())}, must-revalidate`,
      ETag: `"${createHash('sha256').update(text).digest('base64url')}"`
    })
    if (context.fresh) context.status = 304
    else context.body = text
  }
}

/** A cached set ends with the time that it is right for. */
function maxAge(millisecondsToChange: number): number {
  return Math.min(MAX_AGE.most, Math.max(MAX_AGE.least, Math.floor(millisecondsToChange / 1000)))
}
