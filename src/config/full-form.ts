/**
 * The full form of the configuration: validator, type and documentation in one.
 * Every key's description gives its unit and its default; the reference page and the JSON Schema are made from them.
 */
import * as z from 'zod'
import { keySchema } from '../keys/settings.ts'
import { routeSchemas } from '../protocols/registry.ts'
import { revocationSchema } from '../revocation/settings.ts'
import { limitsSchema, timeoutsSchema } from '../settings/limits.ts'
import { flag } from '../settings/quantities.ts'
import type { SecretReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { httpUrl } from '../settings/urls.ts'
import { listenSchema } from './listen.ts'

/** The configuration that the program runs on, with every default filled in and every reference followed. */
export type Config = z.output<ReturnType<typeof createFullSchema>>
/** A full form as its author writes it. */
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
  statuses: 'a key of the flat form, expected statuses of an issue route'
} as const

/** @param reader follows the references of settings that are in files or in the environment */
export function createFullSchema(reader: SecretReader) {
  const shape = {
    listen: listenSchema(reader).prefault({}).describe('Where the service listens.'),
    log: logSchema.prefault({}).describe('What is logged. Logs are JSON lines on standard output.'),
    limits: limitsSchema.prefault({}).describe('How much of anything is taken.'),
    timeouts: timeoutsSchema.prefault({}).describe('How long anything may take.'),
    workers: workersSchema
      .prefault(1)
      .describe(
        'How many processes answer, on the same ports: a number, or `auto` for as many as there are processors. Limits count in each of them. Default: 1.'
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
        'Whether each listener publishes what it answers: as OpenAPI 3.1 on `/openapi.json`, and as a page to read on `/docs`. Default: false.'
      ),
    issuer: httpUrl
      .optional()
      .describe(
        'The `iss` of issued tokens: a URL that leads to this service, where `/.well-known/openid-configuration` then shows where its keys are. Default: none.'
      ),
    keys: z
      .array(keySchema(reader), 'expected a list of keys')
      .min(1, 'expected at least one key')
      .optional()
      .transform((keys) => keys ?? [])
      .describe(
        'The keys that sign and verify. One key has one algorithm. Only a service that signs and verifies nothing has none. Default: none.'
      ),
    revocation: revocationSchema(reader)
      .optional()
      .describe(
        'Tokens can be revoked before they end; every issued token then has a `jti`. Default: they cannot.'
      ),
    routes: z
      .array(z.union(routeSchemas(reader), 'expected a route'), 'expected a list of routes')
      .min(1, 'expected at least one route')
      .describe('What is answered where.')
  }
  return section(shape, FLAT_FORM)
}

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

const logSchema = section({
  level: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
      'expected trace, debug, info, warn, error or fatal'
    )
    .default('info')
    .describe('The least severe level that is logged. Default: info.'),
  requests: flag.prefault(true).describe('Whether each request gets a line. Default: true.')
})
