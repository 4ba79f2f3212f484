/** The settings of a route that publishes single keys. */
import { routePath, section } from '../fields.ts'
import { on } from './route.ts'

export const keysRouteSchema = section({
  keys: routePath.describe(
    'Path below which single public keys are published: `/{kid}`, `/{kid}/key.pem`, `/{kid}/key.json` and `/{kid}/jwk.json`.'
  ),
  on
})
