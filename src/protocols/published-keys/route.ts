/** A `keys` route: single public keys by kid, as Themis publishes them. */
import Negotiator from 'negotiator'
import type { KeyStore, PublishedKey } from '../../keys/key-store.ts'
import { type Answer, type Exchange, textAnswer } from '../exchange.ts'
import { forCallers } from '../openapi/security.ts'
import { plainFormat } from '../operations/route.ts'
import type { RouteBuilder } from '../protocol.ts'
import { createRoute, type Route } from '../route.ts'
import { describeSingleKeys, SCHEMAS } from './openapi.ts'
import type { KeysRouteConfig } from './settings.ts'

export const builder = {
  create: (config, { keyStore }) => createKeysRoutes(config, keyStore),
  describe: ({ keys, auth }) => forCallers(auth, describeSingleKeys(keys)),
  schemas: SCHEMAS
} satisfies RouteBuilder<KeysRouteConfig>

const PEM = 'application/x-pem-file'
const JSON_TYPE = 'application/json'

/** Below the path of the configuration. `{kid}` may be of any form, so these paths are for the router. */
const FORMS = [
  ['/{kid}', negotiate],
  ['/{kid}/key.pem', toPem],
  ['/{kid}/key.json', toJwk],
  ['/{kid}/jwk.json', toJwk]
] as const

/** Makes `{path}/{kid}` with content negotiation, and `key.pem`, `key.json` and `jwk.json` below it. */
function createKeysRoutes({ keys: path, auth }: KeysRouteConfig, keyStore: KeyStore): Route[] {
  return FORMS.map(([below, write]) => ({
    // Log and metrics have the path as configured, whichever form of a key was requested.
    ...createRoute({
      path,
      format: plainFormat,
      apiKeys: auth?.apiKeys,
      isPublic: auth === undefined,
      respond(exchange) {
        const { kid = '' } = exchange.variables
        const key = keyStore.published().get(kid)
        // A symmetric key is answered like an unknown one.
        return key === undefined
          ? textAnswer(404, `No key exists with kid ${kid}`)
          : write(key, exchange)
      }
    }),
    path: `${path === '/' ? '' : path}${below}`
  }))
}

function negotiate(key: PublishedKey, { headers }: Exchange): Answer {
  const type = new Negotiator({ headers }).mediaType([PEM, JSON_TYPE])
  const answer = type === JSON_TYPE ? toJwk(key) : toPem(key)
  return { ...answer, headers: { ...answer.headers, Vary: 'Accept, Origin' } }
}

function toPem({ pem }: PublishedKey): Answer {
  return { status: 200, headers: { 'Content-Type': PEM }, body: pem }
}

function toJwk({ jwk }: PublishedKey): Answer {
  return { status: 200, headers: { 'Content-Type': JSON_TYPE }, body: JSON.stringify(jwk) }
}
