/** What a route requires of the tokens that it accepts, besides that they are verified. */
import * as z from 'zod'
import { claimPath } from '../settings/json.ts'
import { exactNumber, flag, seconds } from '../settings/quantities.ts'
import { section } from '../settings/section.ts'

const TEXTS = 'text, or a list of texts'
const TEXTS_EXPECTED = `expected ${TEXTS}`
const text = z.string(TEXTS_EXPECTED).min(1, TEXTS_EXPECTED)

/** One text is the same as a list of it. */
const texts = z
  .union([text, z.array(text, TEXTS_EXPECTED).min(1, TEXTS_EXPECTED)], TEXTS_EXPECTED)
  .meta({ title: TEXTS })
  .transform((value) => (typeof value === 'string' ? [value] : value))

const VALUE_EXPECTED = 'expected text, a number or true or false'

const claims = z
  .record(
    claimPath,
    z.union(
      [z.string().meta({ title: 'text' }), exactNumber(VALUE_EXPECTED), z.boolean()],
      VALUE_EXPECTED
    ),
    'expected a map of claims'
  )
  .refine((map) => Object.keys(map).length > 0, { error: 'expected at least one claim' })
  .meta({ title: 'a map of paths of claims and their values' })

const SCOPES = 'a list of scopes, { all: [...] } or { any: [...] }'
const SCOPES_EXPECTED = `expected ${SCOPES}`

/** RFC 6749, section 3.3. */
const scope = z
  .string(SCOPES_EXPECTED)
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]+$/,
    'expected a scope: printable characters but for ", \\ and spaces'
  )
const scopeList = z.array(scope, SCOPES_EXPECTED).min(1, SCOPES_EXPECTED)

const all = section({ all: scopeList.describe('Scopes that a token must all have.') })
const any = section({ any: scopeList.describe('Scopes of which a token must have at least one.') })

const scopes = z
  .union([scopeList, all, any], SCOPES_EXPECTED)
  .meta({ title: SCOPES })
  .transform((value) => {
    if (Array.isArray(value)) return { match: 'all' as const, scopes: value }
    return 'all' in value
      ? { match: 'all' as const, scopes: value.all }
      : { match: 'any' as const, scopes: value.any }
  })

export const requireSchema = section({
  claims: claims
    .optional()
    .describe(
      'Paths of claims, such as `realm_access.roles`, and the values that they must have. A claim has to be equal to the value, or be a list that contains it, otherwise 403. Default: none.'
    ),
  audience: texts
    .optional()
    .describe('Accepted audiences: one has to be in `aud`, otherwise 401. Default: any.'),
  issuer: texts
    .optional()
    .describe('Accepted issuers: one has to be `iss`, otherwise 401. Default: any.'),
  scopes: scopes
    .optional()
    .describe(
      'The scopes that a token must have, otherwise 403: all scopes of a plain list. The token has them in `scope` or `scp`, as text with spaces between them or as a list. Default: none.'
    ),
  groups: texts
    .optional()
    .describe(
      'Groups, compared without case: the subject has to be in one of them, otherwise 403. `groups` of the route configures where they come from. Default: any.'
    ),
  sub: flag
    .prefault(false)
    .describe('Whether a token has to have a subject (`sub`), otherwise 401. Default: false.'),
  maxAge: seconds('1s', '36500d')
    .optional()
    .describe(
      'The greatest age of a token, counted from its `iat`, otherwise 401. A token without `iat` is rejected. Default: as long as it is valid.'
    )
})
  .prefault({})
  .describe('Further requirements that tokens have to meet.')
