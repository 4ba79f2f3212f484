/** Where the service listens: listeners by name, which routes are then `on`. */
import * as z from 'zod'
import { integer } from '../settings/quantities.ts'
import type { SecretReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { listenerTlsSchema } from './listener-tls.ts'
import { responseHeaders } from './response-headers.ts'

/** TCP port 0 is one that the system chooses. */
export const port = integer(0, 65_535)

const HOST_EXPECTED = 'expected an address such as 0.0.0.0'
const host = z.string(HOST_EXPECTED).min(1, HOST_EXPECTED)
const publicHost = host
  .default('0.0.0.0')
  .describe('Address to bind to. Default: 0.0.0.0, every IPv4 address.')

export type ListenerConfig = z.output<ReturnType<typeof namedListener>>

export function listenSchema(reader: SecretReader) {
  return z
    .object(
      {
        main: section({
          port: port.prefault(8888).describe('TCP port. Default: 8888.'),
          host: publicHost,
          ...commonShape(reader)
        })
          .prefault({})
          .describe('The listener of the routes that name no other.'),
        admin: section({
          port: port.prefault(9090).describe('TCP port. Default: 9090.'),
          host: host.default('127.0.0.1').describe('Address to bind to. Default: 127.0.0.1.'),
          ...commonShape(reader)
        })
          .optional()
          .describe(
            'A listener of its own for health and metrics. Default: they are on the main listener.'
          )
      },
      'expected a map of listeners'
    )
    .catchall(
      namedListener(reader)
        .optional()
        .describe(
          'One more listener, under a name of your choice, for the routes that are `on` it.'
        )
    )
}

function namedListener(reader: SecretReader) {
  return section({
    port: port.describe('TCP port.'),
    host: publicHost,
    ...commonShape(reader)
  })
}

function commonShape(reader: SecretReader) {
  return {
    tls: listenerTlsSchema(reader)
      .optional()
      .describe('TLS of the listener, 1.2 at least. Default: plain HTTP.'),
    responseHeaders: responseHeaders
      .optional()
      .describe(
        'Header fields that every answer of the listener carries, such as `X-Midt-Server: tokens`. Those that the service sets itself cannot be given. Default: none.'
      )
  }
}
