/**
 * The full form of the configuration: validator, type and documentation in one.
 * The description of every key has its unit and its default; the reference page and the JSON Schema are generated from them.
 */
import * as z from 'zod'
import { keySchema } from '../keys/settings.ts'
import { hasVerb, ROUTE_VERBS, routeSchemas } from '../protocols/registry.ts'
import { revocationSchema } from '../revocation/settings.ts'
import { limitsSchema, timeoutsSchema } from '../settings/limits.ts'
import { nearest } from '../settings/nearest.ts'
import { flag } from '../settings/quantities.ts'
import type { SecretReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { httpUrl } from '../settings/urls.ts'
import { listenSchema } from './listen.ts'
import { findPlaces } from './places.ts'

/** The configuration that the program runs on, with every default filled in and every reference followed. */
export type Config = z.output<ReturnType<typeof createFullSchema>>
/** A full form as written by its author. */
export type FullConfigInput = z.input<ReturnType<typeof createFullSchema>>

const FLAT_FORM = {
  port: 'a key of the flat form, expected listen.main.port',
  debug: 'a key of the flat form, expected log.level',
  encKey: 'a key of the flat form, expected keys',
  remote: 'a key of the flat form, expected a source { from: remote, url } of an issue route',
  expHours: 'a key of the flat form, expected lifetime of an issue route',
  getTokenRoute: 'a key of the flat form, expected an issue route',
  checkTokenRoute: 'a key of the flat form, expected a check route',
  requestTokenData: 'a key of the flat form, expected bearer of a remote',
  skew: 'a key of the flat form, expected skew of a check route',
  subject: 'a key of the flat form, expected pick: { sub: ... } of a remote',
  statuses: 'a key of the flat form, expected statuses of an issue route'
} as const
function describePlaces(places: readonly string[]): string | undefined {
  return places.length === 0 ? undefined : `unknown key here, expected ${places.join(' or ')}`
}

/** @param reader follows the references of settings that are in files or in the environment */
export function createFullSchema(reader: SecretReader) {
  const shape = {
    listen: listenSchema(reader).prefault({}).describe('Where the service listens.'),
    log: logSchema
      .prefault({})
      .describe(
        'What is logged. Logs are lines on standard output: JSON, or readable text with `pretty`.'
      ),
    limits: limitsSchema.prefault({}).describe('Limits of sizes and of numbers.'),
    timeouts: timeoutsSchema
      .prefault({})
      .describe('Time limits of requests, of idle connections and of stopping.'),
    workers: workersSchema
      .prefault(1)
      .describe(
        'How many processes answer on the same ports: a number, or `auto` for one per processor. Limits count in each process. Default: 1.'
      ),
    memory: z
      .enum(['normal', 'small'], 'expected normal or small')
      .default('normal')
      .describe(
        'How much memory each process takes at its peak. `small` takes about 30 MB less, and more CPU for each request. Default: normal.'
      ),
    docs: flag
      .prefault(false)
      .describe(
        'Whether each listener describes its routes: as OpenAPI 3.1 on `/openapi.json`, and as a page on `/docs`. Default: false.'
      ),
    workbench: workbenchSchema,
    issuer: httpUrl
      .refine((text) => !text.includes('?'), { error: 'expected a URL without a query' })
      .optional()
      .describe(
        'The `iss` of issued tokens: a URL that leads to this service. The service then publishes `/.well-known/openid-configuration`, which shows where its keys are, and, with an `oauth` route, `/.well-known/oauth-authorization-server` for OAuth clients. For an issuer with a path, both are below that path, too. Default: none.'
      ),
    keys: z
      .array(keySchema(reader), 'expected a list of keys')
      .min(1, 'expected at least one key')
      .optional()
      .transform((keys) => keys ?? [])
      .describe(
        'The keys that sign and verify. Each key has one algorithm. They are required where a route signs, verifies or publishes with them. Default: none.'
      ),
    revocation: revocationSchema(reader)
      .optional()
      .describe(
        'Lets tokens be revoked before they expire. Every issued token then has a `jti`. Default: tokens cannot be revoked.'
      ),
    routes: z
      .array(routeSchema(reader), 'expected a list of routes')
      .min(1, 'expected at least one route')
      .describe('The paths that the service answers on, and what it does there.')
  }
  return section(shape, FLAT_FORM, (key) => describePlaces(findPlaces(key, shape)))
}

/** A route without a verb is of no kind: its other keys would suggest one at random. */
function routeSchema(reader: SecretReader) {
  return z.union(routeSchemas(reader), 'expected a route').refine(hasVerb, {
    error: ({ input }) => describeMissingVerb(Object.keys(input as object)),
    when: () => true
  })
}

function describeMissingVerb(keys: readonly string[]): string {
  const expected = `a route needs one of ${ROUTE_VERBS.join(', ')}: its path`
  const misspelt = keys.find((key) => nearest(key, ROUTE_VERBS) !== undefined)
  return misspelt === undefined
    ? expected
    : `${expected}; ${misspelt} is none, did you mean ${nearest(misspelt, ROUTE_VERBS)}?`
}

const WORKBENCH = 'the name of a listener, or false'
const workbenchSchema = z
  .union([z.literal(false), z.string().min(1)], `expected ${WORKBENCH}`)
  .meta({ title: WORKBENCH })
  .optional()
  .describe(
    'The listener of the workbench, a page on `/workbench`. The page shows why a token passes or not, and the state of keys, remotes and revocation. Everybody who reaches the listener can use it. Default: admin where there is one and `docs` is true, else none.'
  )

const MOST_WORKERS = 128
const WORKERS = `a whole number from 1 to ${MOST_WORKERS}, or auto`
const workersSchema = z
  .union(
    [
      z.literal('auto'),
      z.int().meta({ minimum: 1, maximum: MOST_WORKERS }),
      z.string().regex(/^\d+$/, `expected ${WORKERS}`).transform(Number)
    ],
    `expected ${WORKERS}`
  )
  .refine((value) => value === 'auto' || (value >= 1 && value <= MOST_WORKERS), {
    error: `expected ${WORKERS}`
  })
  .meta({ title: WORKERS })

const SUBJECTS = 'true, false or hash'
const SUBJECTS_EXPECTED = `expected ${SUBJECTS}`
const PRETTY = 'true, false or auto'
const PRETTY_EXPECTED = `expected ${PRETTY}`

const logSchema = section({
  level: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
      'expected trace, debug, info, warn, error or fatal'
    )
    .default('info')
    .describe('The least severe level that is logged. Default: info.'),
  requests: flag.prefault(true).describe('Whether each request gets a line. Default: true.'),
  clientAddress: flag
    .prefault(false)
    .describe(
      'Whether the line of a request has the address of its client (`client`). It is personal data. Default: false.'
    ),
  subjects: z
    .union([z.literal('hash'), flag], SUBJECTS_EXPECTED)
    .meta({ title: SUBJECTS })
    .prefault(false)
    .describe(
      'Whether the line of a rejected token has its subject (`sub`), which is personal data. `hash` writes the first 16 digits of its SHA-256 instead, so that only those who know a subject can find it. Default: false.'
    ),
  pretty: z
    .union([z.literal('auto'), flag], PRETTY_EXPECTED)
    .meta({ title: PRETTY })
    .prefault('auto')
    .describe(
      'Whether lines are readable text instead of JSON. `auto`: if standard output is a terminal. A change needs a restart. Default: auto.'
    )
})
