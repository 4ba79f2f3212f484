/** `/.well-known/jwks.json`: the public keys, as a JWK Set (RFC 7517, section 5). */
import type { KeyStore } from '../../keys/key-store.ts'
import { type Answer, conditionalAnswer, type Exchange, entityTag } from '../exchange.ts'
import { plainFormat } from '../operations/route.ts'
import { JWK_SET_PATH, jwkSetPaths } from '../own-paths.ts'
import { createRoute, type Route } from '../route.ts'

/** Seconds that a verifier may cache the set. A key that is imported without notice has to wait for the longest. */
const MAX_AGE = { least: 1, most: 900 } as const

/**
 * Makes the routes of the set: one, and one more for an issuer below a path.
 * @param now the clock, in milliseconds since 1970
 */
export function createJwkSetRoutes(
  issuer: string | undefined,
  keyStore: KeyStore,
  now: () => number
): Route[] {
  const route = createRoute({
    path: JWK_SET_PATH,
    format: plainFormat,
    isPublic: true,
    respond: createAnswerWithJwkSet(keyStore, now)
  })
  return jwkSetPaths(issuer).map((path) => ({ ...route, path }))
}

/** Makes the function that answers with the set, on any of its paths. */
export function createAnswerWithJwkSet(
  keyStore: KeyStore,
  now: () => number
): (exchange: Exchange) => Answer {
  return function answerWithJwkSet(exchange) {
    const body = JSON.stringify({ keys: listJwks(keyStore) })
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
}

/** The public keys. */
export function listJwks(keyStore: KeyStore): object[] {
  return [...keyStore.published().values()].map(({ jwk }) => jwk)
}

/** A cached set expires when the keys change. */
function maxAge(millisecondsToChange: number): number {
  return Math.min(MAX_AGE.most, Math.max(MAX_AGE.least, Math.floor(millisecondsToChange / 1000)))
}
