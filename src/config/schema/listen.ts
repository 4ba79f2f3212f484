/** Where the service listens: listeners by name, which routes are then `on`. */
import { z } from 'zod'
import { integer, section } from './fields.ts'

/** TCP port 0 is one that the system chooses. */
export const port = integer(0, 65_535)

const HOST_EXPECTED = 'expected an address such as 0.0.0.0'
const host = z.string(HOST_EXPECTED).min(1, HOST_EXPECTED)
const publicHost = host
  .default('0.0.0.0')
  .describe('Address to bind to. Default: 0.0.0.0, every IPv4 address.')

const mainListener = section({
  port: port.prefault(8888).describe('TCP port. Default: 8888.'),
  host: publicHost
})

const adminListener = section({
  port: port.prefault(9090).describe('TCP port. Default: 9090.'),
  host: host.default('127.0.0.1').describe('Address to bind to. Default: 127.0.0.1.')
})

const namedListener = section({ port: port.describe('TCP port.'), host: publicHost })

export type ListenerConfig = z.output<typeof namedListener>

export const listenSchema = z
  .object(
    {
      main: mainListener.prefault({}).describe('The listener of the routes that name no other.'),
      admin: adminListener
        .optional()
        .describe(
          'A listener of its own for health and metrics. Default: they are on the main listener.'
        )
    },
    'expected a map of listeners'
  )
  .catchall(
    namedListener
      .optional()
      .describe('One more listener, under a name of your choice, for the routes that are `on` it.')
  )
