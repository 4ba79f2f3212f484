/** The flat form: the nine keys of the original program, and what they mean in the full form. */
import * as z from 'zod'
import { statuses } from '../protocols/statuses.ts'
import { jsonTree } from '../settings/json.ts'
import { flag } from '../settings/quantities.ts'
import { routePath } from '../settings/route-paths.ts'
import { material, type SecretReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { formatDuration } from '../settings/units.ts'
import { httpUrl } from '../settings/urls.ts'
import type { FullConfigInput } from './full-form.ts'
import { port } from './listen.ts'

const SECRET_LENGTH = { least: 32, most: 64 } as const
const MILLISECONDS_PER_HOUR = 3_600_000
const MOST_HOURS = 876_000

/** The paths that are answered where the configuration names no others. */
const DEFAULT_ROUTES = {
  getTokenRoute: '/getToken',
  checkTokenRoute: '/checkToken'
} as const

const HOURS = `a number of hours from 0.0003 (about a second) to ${MOST_HOURS}`
const HOURS_EXPECTED = `expected ${HOURS}`

const hours = z
  .union(
    [
      z.number().meta({ minimum: 0, maximum: MOST_HOURS }),
      z
        .string()
        .regex(/^\d+(\.\d+)?$/, HOURS_EXPECTED)
        .transform(Number)
    ],
    { error: HOURS_EXPECTED }
  )
  .refine((value) => value * 3600 >= 1 && value <= MOST_HOURS, { error: HOURS_EXPECTED })
  .meta({ title: HOURS })

const FULL =
  'a key of the full form, which has none of the others; check-config --print writes the flat form out in it'
const FULL_FORM: Readonly<Record<keyof FullConfigInput, string>> = {
  listen: FULL,
  log: FULL,
  limits: FULL,
  timeouts: FULL,
  workers: FULL,
  memory: FULL,
  docs: FULL,
  issuer: FULL,
  keys: FULL,
  revocation: FULL,
  routes: FULL
}

export type FlatConfig = z.output<ReturnType<typeof createFlatSchema>>

/** @param reader follows the reference of `encKey` where it is in a file or in the environment */
export function createFlatSchema(reader: SecretReader) {
  const shape = {
    port: port.prefault(8888).describe('TCP port to listen on. Default: 8888.'),
    debug: flag
      .prefault(false)
      .describe('Whether to log more than a line a request. Default: false.'),
    encKey: material(reader)
      .refine(({ length }) => length >= SECRET_LENGTH.least && length <= SECRET_LENGTH.most, {
        error: ({ input }) =>
          `expected ${SECRET_LENGTH.least} to ${SECRET_LENGTH.most} characters, found ${String(input).length}`
      })
      .describe(
        'The shared secret that signs and verifies tokens (HS256) and signs the service bearer: 32 to 64 characters.'
      ),
    remote: httpUrl.describe('URL of the JSON API that the body of the client is posted to.'),
    expHours: hours
      .prefault(24)
      .describe('How long a token is valid, in hours; fractions are fine. Default: 24.'),
    getTokenRoute: routePath
      .default(DEFAULT_ROUTES.getTokenRoute)
      .describe('Path that tokens are issued on, by POST. Default: /getToken.'),
    checkTokenRoute: routePath
      .default(DEFAULT_ROUTES.checkTokenRoute)
      .describe('Path that tokens are checked on, by GET and POST. Default: /checkToken.'),
    requestTokenData: jsonTree
      .optional()
      .describe(
        'The `data` claim of the service bearer that is sent to the remote: a YAML tree, or a string that holds JSON. Default: null.'
      ),
    statuses
  }
  return section(shape, FULL_FORM)
}

/** Writes the flat form out as the full form that means exactly the same. */
export function toFullForm(flat: FlatConfig): FullConfigInput {
  return {
    listen: { main: { port: flat.port } },
    log: { level: flat.debug ? 'debug' : 'info' },
    keys: [{ alg: 'HS256', secret: flat.encKey }],
    routes: [
      {
        issue: flat.getTokenRoute,
        protocol: 'txtoken',
        claims: [
          { from: 'remote', url: flat.remote, bearer: flat.requestTokenData ?? 'null', at: 'data' }
        ],
        lifetime: formatDuration(Math.floor(flat.expHours * MILLISECONDS_PER_HOUR)),
        statuses: flat.statuses
      },
      { check: flat.checkTokenRoute, protocol: 'txtoken', verify: [{ keys: 'all' }] }
    ]
  }
}
