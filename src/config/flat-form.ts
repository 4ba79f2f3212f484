/** The flat form: the nine keys of the original program, and their equivalents in the full form. */
import * as z from 'zod'
import { skew } from '../protocols/check/settings.ts'
import { statuses } from '../protocols/statuses.ts'
import { jsonTree, optionalPathText } from '../settings/json.ts'
import { flag } from '../settings/quantities.ts'
import { routePath } from '../settings/route-paths.ts'
import { type SecretReader, sharedSecret } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { formatDuration } from '../settings/units.ts'
import { urlTemplate } from '../settings/url-template.ts'
import type { FullConfigInput } from './full-form.ts'
import { port } from './listen.ts'

const MILLISECONDS_PER_HOUR = 3_600_000
const MOST_HOURS = 876_000

/** The default paths. */
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

/** For what the flat form has no key for. */
export const NEEDS_FULL_FORM =
  'needs the full form: txtoken check-config --print writes this file in it'
const FULL = `a key that ${NEEDS_FULL_FORM}, once this key is removed`
const FULL_FORM: Readonly<Record<keyof FullConfigInput, string>> = {
  listen: FULL,
  log: FULL,
  limits: FULL,
  timeouts: FULL,
  workers: FULL,
  memory: FULL,
  docs: FULL,
  workbench: FULL,
  issuer: FULL,
  keys: FULL,
  revocation: FULL,
  routes: FULL
}

export type FlatConfig = z.output<ReturnType<typeof createFlatSchema>>
/** A flat form as written by its author. */
export type FlatConfigInput = z.input<ReturnType<typeof createFlatSchema>>

/** @param reader follows the reference of `encKey` where it is in a file or in the environment */
export function createFlatSchema(reader: SecretReader) {
  const shape = {
    port: port.prefault(8888).describe('TCP port to listen on. Default: 8888.'),
    debug: flag
      .prefault(false)
      .describe(
        'Whether to log at the level debug, which is more than one line for each request. Default: false.'
      ),
    encKey: sharedSecret(reader).describe(
      'The shared secret (HS256): it signs and verifies tokens, and signs the service bearer. Its text has at least 32 bytes in UTF-8; `openssl rand -hex 32` makes one. The service logs a warning at start for a secret that is published or can be guessed.'
    ),
    remote: urlTemplate.describe('URL of the JSON API. The body of the client is posted to it.'),
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
    subject: optionalPathText
      .optional()
      .describe(
        'Path of the subject in the reply of the remote, such as `user.id`. Its value, text or a number, becomes the claim `sub` beside `data`. A reply without it is an error, unless the path ends with `?`. Default: none, tokens have no `sub`.'
      ),
    skew,
    statuses
  }
  return section(shape, FULL_FORM)
}

/** The one key of the flat form, as in the full form. */
export function secretKey(encKey: string) {
  return { alg: 'HS256', secret: encKey } as const
}

/** Writes the flat form out as the full form that means exactly the same. */
export function toFullForm(flat: FlatConfig): FullConfigInput {
  return {
    listen: { main: { port: flat.port } },
    log: { level: flat.debug ? 'debug' : 'info' },
    keys: [secretKey(flat.encKey)],
    routes: [
      {
        issue: flat.getTokenRoute,
        protocol: 'txtoken',
        claims: [
          {
            from: 'remote',
            url: flat.remote,
            bearer: flat.requestTokenData ?? 'null',
            bearerForm: 'original',
            clientAddress: true,
            at: 'data',
            ...(flat.subject !== undefined && { pick: { sub: flat.subject } })
          }
        ],
        lifetime: formatDuration(Math.floor(flat.expHours * MILLISECONDS_PER_HOUR)),
        statuses: flat.statuses
      },
      {
        check: flat.checkTokenRoute,
        protocol: 'txtoken',
        verify: [{ keys: 'all' }],
        skew: formatDuration(flat.skew * 1000)
      }
    ]
  }
}
