/** The settings of limits: sizes, counts and times. */
import * as z from 'zod'
import { duration, integer, size } from './quantities.ts'
import { section } from './section.ts'

/** In bytes, levels and calls. */
export type Limits = z.output<typeof limitsSchema>
/** In milliseconds. */
export type Timeouts = z.output<typeof timeoutsSchema>

/** Limits of sizes and counts. */
export const limitsSchema = section({
  body: size('1B', '64MiB')
    .prefault('1MiB')
    .describe(
      'Largest body of a request. Routes that check, introspect, revoke or refresh read at most a token and 4KiB more: 20KiB, or more with a larger `checkedToken` or `token`. Default: 1MiB.'
    ),
  reply: size('1B', '64MiB')
    .prefault('1MiB')
    .describe('Largest reply of a remote or endpoint. Default: 1MiB.'),
  bodies: size('2B', '65536MiB')
    .optional()
    .describe(
      'Memory for all bodies, replies and unsent answers together. Beyond it the answer is 503. Unfinished bodies and unsent answers may take a quarter of it; beyond that they are cut off, the slowest first. Default: 64MiB, or four times `body` or `reply` where that is more.'
    ),
  depth: integer(1, 1000)
    .prefault(64)
    .describe('The most levels that JSON may nest, in bodies, replies and tokens. Default: 64.'),
  token: size('256B', '64MiB')
    .optional()
    .describe('Largest token that is issued. Default: no limit; a token over 8KiB logs a warning.'),
  checkedToken: size('256B', '64MiB')
    .optional()
    .describe(
      'Largest token that is checked; a larger one is rejected unread. Default: 16KiB, or `token` where that is more.'
    ),
  calls: integer(1, 65_535)
    .prefault(256)
    .describe(
      'The most calls in flight to one remote or endpoint, in each worker. Beyond it the answer is 503. Default: 256.'
    ),
  connections: integer(1, 1_000_000)
    .prefault(10_000)
    .describe(
      'The most open connections of one listener, in each worker. Further ones are closed at once. The listener `admin` has no limit. Default: 10000.'
    ),
  wait: z
    .union([z.literal('off'), duration('5ms', '10s')], {
      error: 'expected off, or a duration from 5ms to 10s, such as 250ms'
    })
    .meta({ title: 'a duration from 5ms to 10s, or off' })
    .prefault('250ms')
    .describe(
      'How long requests for tokens may wait for their turn while the process is overloaded. When they wait longer, further ones get a 503 before any work is done for them. `off` rejects none. Default: 250ms.'
    )
}).refine(
  ({ bodies, body, reply }) => bodies === undefined || bodies >= 4 * Math.max(body, reply),
  {
    error: 'expected at least four times body and reply, since a quarter is for unfinished bodies',
    path: ['bodies']
  }
)

/** Limits of time. */
export const timeoutsSchema = section({
  headers: duration('100ms', '10m')
    .prefault('10s')
    .describe('Time for a client to send the header of a request. Default: 10s.'),
  request: duration('100ms', '1h')
    .prefault('30s')
    .describe('Time for a client to send a whole request. Default: 30s.'),
  keepAlive: duration('1s', '1h')
    .prefault('72s')
    .describe(
      'How long an idle connection stays open. It should be longer than the load balancer keeps its connections. Default: 72s.'
    ),
  drain: duration('0s', '10m')
    .prefault('0s')
    .describe(
      'Time from SIGTERM until new connections are no longer accepted. During it `/readyz` answers 503. Default: 0s.'
    ),
  shutdown: duration('0s', '1h')
    .prefault('10s')
    .describe(
      'Time for requests in flight to end, once new connections are no longer accepted. Default: 10s.'
    )
})
