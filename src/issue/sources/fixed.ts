/** The source `fixed`: claims that the configuration gives. */
import * as z from 'zod'
import { jsonValue } from '../../settings/json.ts'
import { section } from '../../settings/section.ts'
import type { Claims } from '../claims.ts'
import type { Source } from '../issue.ts'
import { claimMap } from './claim-name.ts'
import { NO_NAMES, type SourceKind } from './source-kind.ts'

const fixedSchema = section({
  from: z.literal('fixed', 'expected fixed').describe('Claims that are the same in every token.'),
  set: claimMap(jsonValue, 'a map of claims and their values').describe('The claims.')
})

export const fixedKind = {
  from: 'fixed',
  settings: () => fixedSchema,
  create: ({ set }) => createFixedSource(new Map(Object.entries(set))),
  inputs: () => [],
  names: () => NO_NAMES,
  addresses: () => [],
  setsSubject: ({ set }) => Object.hasOwn(set, 'sub'),
  sendsBody: () => false
} satisfies SourceKind<z.output<typeof fixedSchema>>

/** Makes a source that adds the same claims to every token. */
function createFixedSource(claims: Claims): Source {
  return function fixedSource() {
    return claims
  }
}
