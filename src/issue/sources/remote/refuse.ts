/** Logins that an API rejects with a good status, recognized by the reply. */
import * as z from 'zod'
import { type Rejection, ServiceError } from '../../../errors.ts'
import { parseJsonPath, valueAtPath } from '../../../json/json-path.ts'
import { MOST_REJECTED_BYTES } from '../../../remote/call.ts'
import { REJECTED_BY_REPLY } from '../../../remote/outcome.ts'
import { exactNumber } from '../../../settings/quantities.ts'
import { reasonAgainst, section } from '../../../settings/section.ts'
import { isKnownRejection, isNothing } from './known-rejections.ts'

const PATH_EXPECTED = 'expected a path in the reply, such as result.code'
const VALUE_EXPECTED = 'expected text, a number, true, false, null, missing or present'
const CONDITION = 'text, a number, true, false, null, missing, present, or a list of values'

const value = z.union(
  [
    z.string().meta({ title: 'text' }),
    exactNumber(VALUE_EXPECTED),
    z.boolean(),
    z.null().meta({ title: 'null' })
  ],
  VALUE_EXPECTED
)

const condition = z
  .union(
    [value, z.array(value, VALUE_EXPECTED).min(1, 'expected at least one value')],
    VALUE_EXPECTED
  )
  .meta({ title: CONDITION })

const conditions = z
  .record(
    z
      .string(PATH_EXPECTED)
      .refine((text) => reasonAgainst(() => parseJsonPath(text)) === undefined, {
        error: PATH_EXPECTED
      }),
    condition,
    'expected a map of paths in the reply and their values'
  )
  .refine((map) => Object.keys(map).length > 0, { error: 'expected at least one path' })
  .meta({ title: 'a map of paths in the reply and their values' })

/** The statuses of a remote that mean a rejected login; `statuses: relay` passes them to the client. */
const STATUSES = [401, 403, 422, 429] as const
const STATUS_EXPECTED = `expected ${STATUSES.slice(0, -1).join(', ')} or ${STATUSES.at(-1)}`

const rule = section({
  when: conditions
    .optional()
    .describe(
      'The request is rejected if the reply has all of these: at each path the value, or one of a list of values. `missing` is a value that is absent, null, false or empty, `present` is any other; in a list both are plain text. Values of another type are not equal: `0` is not `"0"`. Default: none.'
    ),
  unless: conditions
    .optional()
    .describe(
      'The request is rejected unless the reply has all of these, written as in `when`. Default: none.'
    ),
  status: z
    .union(
      STATUSES.map((status) => z.literal(status)),
      STATUS_EXPECTED
    )
    .default(401)
    .describe(
      'The status that counts as the answer of the remote: 401, 403, 422 or 429. Default: 401.'
    )
}).refine(({ when, unless }) => (when === undefined) !== (unless === undefined), {
  error: 'expected when or unless'
})

const REFUSE = 'none, { when | unless, status }, or a list of these'

/** The setting `refuse`. */
export const refuse = z
  .union(
    [
      z.literal('none'),
      rule,
      z.array(rule, `expected ${REFUSE}`).min(1, 'expected at least one rule')
    ],
    `expected ${REFUSE}`
  )
  .meta({ title: REFUSE })
  .optional()
  .describe(
    'Which replies with a success status reject the request. The first rule that fits counts. `none` is for an API where the members of the default mean something else. Default: with 401, replies in which `success`, `succeeded`, `isSuccess`, `ok`, `authenticated`, `isAuthenticated`, `loggedIn` or `isLoggedIn` is false, `status` or `result` is false, `error`, `fail`, `failed`, `failure` or `unauthorized`, `status` or `statusCode` is from 400 to 599 (a number or text), or `error` or `errors` is present.'
  )

type RefuseConfig = z.output<typeof refuse>
type RuleConfig = z.output<typeof rule>
type Conditions = NonNullable<RuleConfig['when']>

/** The status of the known rejections. */
const UNAUTHORIZED = 401

/**
 * Checks whether a reply rejects the request.
 * @param reply undefined for an empty one
 * @param rejection the same with its header fields, for the error
 * @throws ServiceError `remote_status` for one that does, as for a remote that answers with the status of the rule
 */
export type AssertAccepted = (reply: unknown, rejection: Rejection) => void

/** @returns undefined where no reply is to be checked */
export function createAssertAccepted(config: RefuseConfig): AssertAccepted | undefined {
  if (config === 'none') return undefined
  if (config === undefined) {
    return function assertNotKnown(reply, rejection) {
      if (isKnownRejection(reply)) throw rejectedByReply(UNAUTHORIZED, rejection)
    }
  }
  const rules = [config].flat().map(({ when, unless, status }) => ({
    meets: createMeets(when ?? unless ?? {}),
    rejects: when !== undefined,
    status
  }))

  return function assertAccepted(reply, rejection) {
    for (const { meets, rejects, status } of rules) {
      if (meets(reply) === rejects) throw rejectedByReply(status, rejection)
    }
  }
}

function createMeets(given: Conditions): (reply: unknown) => boolean {
  const tests = Object.entries(given).map(([path, expected]) => ({
    path: parseJsonPath(path),
    isMet: createTest(expected)
  }))
  return (reply) => tests.every(({ path, isMet }) => isMet(valueAtPath(reply, path)))
}

function createTest(expected: Conditions[string]): (found: unknown) => boolean {
  if (expected === 'missing') return isNothing
  if (expected === 'present') return (found) => !isNothing(found)
  const values: readonly unknown[] = Array.isArray(expected) ? expected : [expected]
  return (found) => values.includes(found)
}

function rejectedByReply(status: number, { headers, body }: Rejection): ServiceError {
  return new ServiceError('remote_status', 'The remote rejects the request.', {
    status: 500,
    reason: REJECTED_BY_REPLY,
    remoteStatus: status,
    rejection: { headers, body: (body?.length ?? 0) > MOST_REJECTED_BYTES ? undefined : body }
  })
}
