/**
 * The full form of the configuration: validator, type and documentation in one.
 * Every key's description gives its unit and its default; the reference page and the JSON Schema are made from them.
 */
import { z } from 'zod'
import { RESERVED_CLAIMS } from '../../issue/claims.ts'
import type { SecretReader } from '../secrets.ts'
import { duration, flag, httpUrl, integer, routePath, section, size } from './fields.ts'
import { jsonTree } from './json-tree.ts'
import { keySchema } from './keys.ts'
import { remoteTlsSchema } from './remote-tls.ts'

/** The configuration that the program runs on, with every default filled in and every reference followed. */
export type Config = z.output<ReturnType<typeof createFullSchema>>
/** A full form as its author writes it. */
export type FullConfigInput = z.input<ReturnType<typeof createFullSchema>>
type RouteConfig = Config['routes'][number]
export type IssueRouteConfig = Extract<RouteConfig, { issue: string }>
export type CheckRouteConfig = Extract<RouteConfig, { check: string }>
export type RemoteSourceConfig = IssueRouteConfig['claims'][number]

/** What a refusal by the remote becomes. */
export const statuses = z
  .enum(['txtoken', 'relay'], 'expected txtoken or relay')
  .default('txtoken')
  .describe(
    'What a refusal by the remote becomes: `txtoken` answers 500 and names the status in the body, `relay` passes 401, 403, 422 and 429 on and answers 502 for the rest. Default: txtoken.'
  )

/** TCP port 0 is one that the system chooses. */
export const port = integer(0, 65_535)

/** @param reader follows the references of settings that stand in files or in the environment */
export function createFullSchema(reader: SecretReader) {
  return section({
    listen: listenSchema.prefault({}).describe('Where the service listens.'),
    log: logSchema.prefault({}).describe('What is logged. Logs are JSON lines on standard output.'),
    limits: limitsSchema.prefault({}).describe('How much of anything is taken.'),
    timeouts: timeoutsSchema.prefault({}).describe('How long anything may take.'),
    issuer: httpUrl
      .optional()
      .describe(
        'The `iss` of issued tokens: a URL that leads to this service, where `/.well-known/openid-configuration` then says where its keys are. Default: none.'
      ),
    keys: z
      .array(keySchema(reader), 'expected a list of keys')
      .min(1, 'expected at least one key')
      .describe('The keys that sign and verify. One key has one algorithm.'),
    routes: z
      .array(
        z.union([issueRouteSchema(reader), checkRouteSchema, keysRouteSchema], 'expected a route'),
        'expected a list of routes'
      )
      .min(1, 'expected at least one route')
      .describe('What is answered where.')
  })
}

const HOST_EXPECTED = 'expected an address such as 0.0.0.0'
const host = z.string(HOST_EXPECTED).min(1, HOST_EXPECTED)

const listenSchema = section({
  main: section({
    port: port.prefault(8888).describe('TCP port. Default: 8888.'),
    host: host
      .default('0.0.0.0')
      .describe('Address to bind to. Default: 0.0.0.0, every IPv4 address.')
  })
    .prefault({})
    .describe('The listener of the routes.'),
  admin: section({
    port: port.prefault(9090).describe('TCP port. Default: 9090.'),
    host: host.default('127.0.0.1').describe('Address to bind to. Default: 127.0.0.1.')
  })
    .optional()
    .describe(
      'A listener of its own for health and metrics. Default: they are on the main listener.'
    )
})

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

const limitsSchema = section({
  body: size('1B', '64MiB').prefault('1MiB').describe('Largest body of a request. Default: 1MiB.'),
  reply: size('1B', '64MiB').prefault('1MiB').describe('Largest reply of a remote. Default: 1MiB.'),
  depth: integer(1, 1000)
    .prefault(64)
    .describe(
      'Levels that arrays and objects of JSON may nest, in bodies, replies and tokens. Default: 64.'
    ),
  token: size('256B', '64MiB')
    .optional()
    .describe('Largest token that is issued. Default: no limit; a token over 8KiB logs a warning.'),
  calls: integer(1, 65_535)
    .prefault(256)
    .describe('Calls in flight to one remote; beyond it the answer is 503. Default: 256.')
})

const timeoutsSchema = section({
  headers: duration('100ms', '10m')
    .prefault('10s')
    .describe('For a client to send the header of a request. Default: 10s.'),
  request: duration('100ms', '1h')
    .prefault('30s')
    .describe('For a client to send a whole request. Default: 30s.'),
  keepAlive: duration('1s', '1h')
    .prefault('72s')
    .describe(
      'An idle connection stays open; longer than a load balancer keeps its own. Default: 72s.'
    ),
  drain: duration('0s', '10m')
    .prefault('0s')
    .describe(
      'From SIGTERM, which makes `/readyz` answer 503, until no new connection is taken. Default: 0s.'
    ),
  shutdown: duration('0s', '1h')
    .prefault('10s')
    .describe('For requests in flight to end once no new connection is taken. Default: 10s.')
})

function remoteSourceSchema(reader: SecretReader) {
  return section({
    from: z
      .literal('remote', 'expected remote')
      .describe('Claims from the JSON API behind the service.'),
    url: httpUrl.describe('The URL that the body of the client is posted to.'),
    at: z
      .string('expected the name of a claim')
      .min(1, 'expected the name of a claim')
      .refine((name) => !RESERVED_CLAIMS.has(name), {
        error: 'this claim is set by the service itself, expected another name'
      })
      .describe('The claim that the reply is put under, as it came.'),
    bearer: jsonTree
      .optional()
      .describe(
        'The `data` claim of the service bearer that is sent to the remote: a YAML tree, or a string that holds JSON. Default: no bearer is sent.'
      ),
    timeout: duration('1ms', '5m')
      .prefault('5s')
      .describe('For the whole call, from connecting to the last byte. Default: 5s.'),
    connectTimeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('For connecting, TLS included. Default: 2s.'),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of an https:// remote. The certificate of the remote is always verified.')
  })
}

function issueRouteSchema(reader: SecretReader) {
  return section({
    issue: routePath.describe('Path that tokens are issued on, by POST.'),
    protocol: z
      .literal('txtoken', 'expected txtoken')
      .default('txtoken')
      .describe('The wire format. Default: txtoken.'),
    claims: z
      .array(remoteSourceSchema(reader), 'expected a list of sources')
      .min(1, 'expected at least one source')
      .describe('The sources of the claims, in order; later ones win.'),
    key: kid.optional().describe('The kid of the key that signs. Default: the first key that can.'),
    lifetime: duration('1s', '36500d')
      .prefault('1h')
      .describe('How long a token is valid. Default: 1h.'),
    statuses
  })
}

const KIDS = 'all, or a list of kids'
const KIDS_EXPECTED = `expected ${KIDS}`
const kid = z.string('expected the kid of a key')

const checkRouteSchema = section({
  check: routePath.describe('Path that tokens are checked on, by GET and POST.'),
  protocol: z
    .literal('txtoken', 'expected txtoken')
    .default('txtoken')
    .describe('The wire format. Default: txtoken.'),
  verify: z
    .array(
      section({
        keys: z
          .union(
            [z.literal('all'), z.array(kid, KIDS_EXPECTED).min(1, KIDS_EXPECTED)],
            KIDS_EXPECTED
          )
          .meta({ title: KIDS })
          .describe('The keys that may verify a token: `all`, or a list of their kids.')
      }),
      'expected a list of verifiers'
    )
    .min(1, 'expected at least one verifier')
    .describe('The verifiers, in order.')
})

const keysRouteSchema = section({
  keys: routePath.describe(
    'Path below which single public keys are published: `/{kid}`, `/{kid}/key.pem`, `/{kid}/key.json` and `/{kid}/jwk.json`.'
  )
})
