/** The setting that lists the fields of a reply that are signed. */
import * as z from 'zod'
import type { JsonPath } from '../../json/json-path.ts'
import { pathSaying } from '../../settings/json.ts'
import { flag } from '../../settings/quantities.ts'
import { section } from '../../settings/section.ts'

const path = pathSaying('expected a path such as user.access_token')

const FIELD = 'a path such as user.access_token, or { path, optional }'

const field = z
  .union(
    [
      path.transform((names) => ({ path: names, optional: false })),
      section({
        path: path.describe('The path of the field.'),
        optional: flag
          .prefault(false)
          .describe('Whether the field may be missing or null. Default: false.')
      })
    ],
    `expected ${FIELD}`
  )
  .meta({ title: FIELD })

export const fieldsToSign = z
  .array(field, 'expected a list of paths')
  .min(1, 'expected at least one path')
  .superRefine((fields, context) => {
    for (const [index, { path }] of fields.entries()) {
      const isTwice = fields.some((other, place) => place !== index && isWithin(path, other.path))
      if (!isTwice) continue
      const message = 'expected a path that is not inside of another one here'
      context.addIssue({ code: 'custom', path: [index], message })
    }
  })

function isWithin(path: JsonPath, outer: JsonPath): boolean {
  return outer.every((name, index) => path[index] === name)
}
