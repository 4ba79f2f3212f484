/** `/.well-known/jwks.json`: the public keys, as a JWK Set (RFC 7517, section 5). */
import type { KeyStore } from '../../keys/key-store.ts'
import { conditionalAnswer, entityTag } from '../exchange.ts'
import { plainFormat } from '../operations/route.ts'
import { JWK_SET_PATH } from '../own-paths.ts'
import { createRoute, type Route } from '../route.ts'

/** Seconds that a verifier may keep the set. A key that is imported without notice has to wait for the longest. */
const MAX_AGE = { least: 1, most: 900 } as const

/** @param now the clock, in milliseconds since 1970 */
export function createJwkSetRoute(keyStore: KeyStore, now: () => number): Route {
  return createRoute({
    path: JWK_SET_PATH,
    format: plainFormat,
    respond(exchange) {
      const body = JSON.stringify({
        keys: [...keyStore.published().values()].map(({ jwk }) => jwk)
      })
      return conditionalAnswer(exchange, {
        status: 200,
        headers: {
          'Content-Type': 'application/json; charset=utf-8',
          'Cache-Control': `max-age=${maxAge(keyStore.changesAt() - now())}, must-revalidate`,
          ETag: entityTag(body)
        },
        body
      })
    }
  })
}

/** A cached set expires with the time that it is right for. */
function maxAge(millisecondsToChange: number): number {
  return Math.min(MAX_AGE.most, Math.max(MAX_AGE.least, Math.floor(millisecondsToChange / 1000)))
}
