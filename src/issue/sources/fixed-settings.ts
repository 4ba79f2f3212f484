/** The settings of a source of fixed claims. */
import * as z from 'zod'
import { jsonValue } from '../../settings/json.ts'
import { section } from '../../settings/section.ts'
import { claimMap } from './claim-name.ts'

export const fixedSourceSchema = section({
  from: z.literal('fixed', 'expected fixed').describe('Claims that are the same in every token.'),
  set: claimMap(jsonValue, 'a map of claims and their values').describe('The claims.')
})
