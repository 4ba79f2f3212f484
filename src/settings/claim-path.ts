/** Settings that say where in the claims of a token something stands. */
import * as z from 'zod'
import { parseJsonPath } from '../json/json-path.ts'
import { reasonAgainst } from './reason-against.ts'

const TITLE = 'the path of a claim, such as groups or realm_access.roles'
const EXPECTED = `expected ${TITLE}`

/** Names with dots between them. */
export const claimPath = z
  .string(EXPECTED)
  .refine((text) => reasonAgainst(() => parseJsonPath(text)) === undefined, { error: EXPECTED })
  .meta({ title: TITLE })
