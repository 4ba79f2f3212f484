/** Claims that a token has to have, such as `source: microservice`. */
import { insufficientScope } from '../../errors.ts'
import { type JsonPath, valueAtPath } from '../../json/json-path.ts'
import type { Requirement } from '../check.ts'

/** A claim, and the value that it is, or that is in it where it is a list. */
export interface RequiredClaim {
  readonly path: JsonPath
  readonly value: string | number | boolean
}

/** All of the claims are there. Values are of one type and equal: `"1"` is not `1`. */
export function createClaimsRequirement(required: readonly RequiredClaim[]): Requirement {
  return function hasClaims({ claims }) {
    for (const { path, value } of required) {
      const found = valueAtPath(claims, path)
      if (found === value || (Array.isArray(found) && found.includes(value))) continue
      const name = path.join('.')
      throw insufficientScope(`Token does not have the claim ${name} that is required`, 'claim')
    }
  }
}
