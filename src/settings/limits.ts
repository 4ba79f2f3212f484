/** The settings of what the service takes at most: sizes, counts and times. */
import * as z from 'zod'
import { duration, integer, size } from './quantities.ts'
import { section } from './section.ts'

/** In bytes, levels and calls. */
export type Limits = z.output<typeof limitsSchema>
/** In milliseconds. */
export type Timeouts = z.output<typeof timeoutsSchema>

/** How much of anything is taken. */
export const limitsSchema = section({
  body: size('1B', '64MiB')
    .prefault('1MiB')
    .describe(
      'Largest body of a request. Routes that check, introspect, revoke or refresh read no more than a token and 4KiB: 20KiB, or more with a larger `checkedToken` or `token`. Default: 1MiB.'
    ),
  reply: size('1B', '64MiB')
    .prefault('1MiB')
    .describe('Largest reply of a remote or endpoint. Default: 1MiB.'),
  bodies: size('2B', '65536MiB')
    .optional()
    .describe(
      'Bytes of all bodies and replies in memory together. Beyond it the answer is 503. Unfinished bodies may take a quarter of it; beyond that they are cut, the slowest first. Default: 64MiB, or four times `body` or `reply` where that is more.'
    ),
  depth: integer(1, 1000)
    .prefault(64)
    .describe(
      'Levels that arrays and objects of JSON may nest, in bodies, replies and tokens. Default: 64.'
    ),
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
      'Calls in flight to one remote or endpoint, in each worker; beyond it the answer is 503. Default: 256.'
    ),
  connections: integer(1, 1_000_000)
    .prefault(10_000)
    .describe(
      'Open connections of one listener, in each worker; further ones are closed at once. The listener `admin` has no limit. Default: 10000.'
    ),
  eventLoopDelay: z
    .union([z.literal('off'), duration('5ms', '10s')], {
      error: 'expected off, or a duration from 5ms to 10s, such as 50ms'
    })
    .prefault('50ms')
    .describe(
      'How late the event loop may be for a while. Beyond it a part of the requests for tokens is answered with 503 before anything is done for them; `off` rejects none. Default: 50ms.'
    )
}).refine(
  ({ bodies, body, reply }) => bodies === undefined || bodies >= 4 * Math.max(body, reply),
  {
    error: 'expected at least four times body and reply, since a quarter is for unfinished bodies',
    path: ['bodies']
  }
)

/** How long anything may take. */
export const timeoutsSchema = section({
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
