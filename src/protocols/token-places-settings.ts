/** The setting that says where in a request the token to check stands. */
import * as z from 'zod'
import { cookieName } from '../settings/headers.ts'

const PLACES = 'header, query, body or cookie:NAME'
const EXPECTED = `expected ${PLACES}`

const place = z
  .union(
    [z.enum(['header', 'query', 'body']), z.templateLiteral(['cookie:', cookieName], EXPECTED)],
    EXPECTED
  )
  .meta({ title: PLACES })

export const tokenPlaces = z
  .array(place, 'expected a list of places')
  .min(1, 'expected at least one place')
  .refine((places) => new Set(places).size === places.length, {
    error: 'expected each place once'
  })
  .meta({ uniqueItems: true })
  .optional()
  .describe(
    'Where a request may carry its token: `header` (Authorization, as a Bearer or bare), `query` and `body` (parameter or form field `access_token`, or `token` of a JSON body), `cookie:NAME`. More than one token in a request is refused. Default: header, query, body; with `forward-auth`, header.'
  )
