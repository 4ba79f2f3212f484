/** The settings of the connections to a remote: time limits, breaker, limits, proxy, TLS. */
import * as z from 'zod'
import type { BreakerSettings } from '../../../remote/breaker.ts'
import { proxy } from '../../../settings/proxy.ts'
import { duration, integer, size } from '../../../settings/quantities.ts'
import { oncePerReader } from '../../../settings/secrets.ts'
import { section } from '../../../settings/section.ts'
import { remoteTlsSchema } from '../../../settings/tls.ts'

/** 10 s of calls at one a second, or an instant of a busy service; a pause of about one timeout. */
const DEFAULT_BREAKER: BreakerSettings = { failures: 10, pauseMs: 5000 }

export const connectionShape = oncePerReader(function connectionShape(reader) {
  return {
    timeout: duration('1ms', '5m')
      .prefault('5s')
      .describe('Time limit of the whole call, from connecting to the last byte. Default: 5s.'),
    connectTimeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('Time limit of connecting, TLS included. Default: 2s.'),
    breaker: z
      .union(
        [
          z.literal('off'),
          section({
            failures: integer(1, 1000)
              .prefault(10)
              .describe('How many failures in a row stop the calls. Default: 10.'),
            pause: duration('100ms', '5m')
              .prefault('5s')
              .describe('How long no call goes out, until one call tries the remote. Default: 5s.')
          }).transform(({ failures, pause }) => ({ failures, pauseMs: pause }))
        ],
        'expected off, or a map with failures and pause'
      )
      .meta({ title: '{ failures: 1 to 1000, pause: 100ms to 5m }, or off' })
      .optional()
      .transform((breaker) => breaker ?? DEFAULT_BREAKER)
      .describe(
        'After `failures` in a row, calls to the remote fail at once for the `pause` (`remote_failed`, with Retry-After), so that an outage does not hold every request for the whole timeout. Then one call tries the remote. A failure is a remote that cannot be reached, takes too long, or whose gateway answers 502, 503 or 504; any other answer resets the count. Sources with the same origin in `url` share a breaker; each worker has its own. `off` lets all calls go out. Default: 10 failures, 5s.'
      ),
    limits: section({
      calls: integer(1, 65_535)
        .optional()
        .describe(
          'The most calls in flight to this remote. Beyond it the answer is 503. Default: `limits.calls` of the service.'
        ),
      reply: size('1B', '64MiB')
        .optional()
        .describe('Largest reply. Default: `limits.reply` of the service.')
    })
      .optional()
      .describe('Limits of this remote alone.'),
    proxy,
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of an https:// remote. The certificate of the remote is always verified.')
  }
})
