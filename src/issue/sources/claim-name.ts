/** A setting with the name of a claim that a source may set. */
import * as z from 'zod'
import { IDENTITY_CLAIMS, RESERVED_CLAIMS } from '../claims.ts'

const claimName = z
  .string('expected the name of a claim')
  .min(1, 'expected the name of a claim')
  .refine((name) => !RESERVED_CLAIMS.has(name), {
    error: 'this claim is set by the service itself, expected another name'
  })

/** For sources whose values come from elsewhere: those must not set an identity. */
export const foreignClaimName = claimName.refine((name) => !IDENTITY_CLAIMS.has(name), {
  error: 'only `fixed` and `pick` set this claim, expected another name'
})

/** A map from names of claims to something. */
export function claimMap<Value extends z.ZodType>(value: Value, title: string) {
  return z.record(claimName, value, `expected ${title}`).meta({ title })
}
