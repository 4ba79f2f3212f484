/** The settings of a route that publishes single keys. */
import type { SecretReader } from '../../secrets.ts'
import { routePath, section } from '../fields.ts'
import { auth, on } from './route.ts'

export function keysRouteSchema(reader: SecretReader) {
  return section({
    keys: routePath.describe(
      'Path below which single public keys are published: `/{kid}`, `/{kid}/key.pem`, `/{kid}/key.json` and `/{kid}/jwk.json`. The JWK Set is for everybody in any case.'
    ),
    on,
    auth: auth(reader)
  })
}
