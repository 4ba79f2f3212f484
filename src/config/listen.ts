/** Where the service listens: listeners by name, which routes are then `on`. */
import { validateHeaderName, validateHeaderValue } from 'node:http'
import * as z from 'zod'
import { headerMap, OWN_HEADER_FIELDS } from '../settings/headers.ts'
import { EVERY_ADDRESS, parseHost } from '../settings/hosts.ts'
import { networks } from '../settings/networks.ts'
import { integer } from '../settings/quantities.ts'
import type { SecretReader } from '../settings/secrets.ts'
import { reasonAgainst, section } from '../settings/section.ts'
import { authorities, certificateChain, certificateKey, isPair } from '../settings/tls.ts'
import { corsSchema } from './cors.ts'

/** TCP port 0 is one that the system chooses. */
export const port = integer(0, 65_535)

const HOST_EXPECTED = "expected an address such as 127.0.0.1 or '::1', or a name, without a port"
const host = z
  .string(HOST_EXPECTED)
  .refine((text) => parseHost(text) !== undefined, { error: HOST_EXPECTED })
  .meta({ title: 'an address or a name' })
  .transform((text) => parseHost(text) ?? text)
const publicHost = host
  .prefault(EVERY_ADDRESS)
  .describe(
    'Address to bind to. Default: ::, every IPv4 and IPv6 address; only those of IPv4 where the machine has no IPv6.'
  )

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
          host: host.prefault('127.0.0.1').describe('Address to bind to. Default: 127.0.0.1.'),
          ...commonShape(reader)
        })
          .optional()
          .describe(
            'A separate listener for health and metrics. Default: both are on the main listener.'
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
    cors: corsSchema
      .optional()
      .describe(
        'The origins whose pages may call the listener (CORS). It does not affect `forward-auth` routes. Default: none; published keys can always be read from every origin.'
      ),
    tls: listenerTlsSchema(reader)
      .optional()
      .describe('TLS of the listener, 1.2 at least. Default: plain HTTP.'),
    trustedProxies: networks
      .optional()
      .describe(
        'Addresses and networks of the proxies in front of the listener, such as `10.0.0.0/8`, `fd00::/8` or `unix`. The client is the last hop in their `Forwarded` (RFC 7239) or `X-Forwarded-For` that is not one of them. Default: none, whoever connects is the client.'
      ),
    responseHeaders: responseHeaders
      .optional()
      .describe(
        'Header fields that every answer of the listener carries, such as `X-Midt-Server: tokens`. Header fields that the service sets itself are not allowed. Default: none.'
      )
  }
}

export type ListenerTlsConfig = z.output<ReturnType<typeof listenerTlsSchema>>

const CLIENT_CERTIFICATE = ['none', 'request', 'require'] as const

/** TLS of a listener, and the certificates that it asks its clients for. */
function listenerTlsSchema(reader: SecretReader) {
  return section({
    cert: certificateChain(reader).describe(
      'PEM certificate of the listener, followed by its intermediate certificates. A change takes effect without a restart.'
    ),
    key: certificateKey(reader).describe('PEM private key of `cert`.'),
    clientCa: authorities(reader)
      .optional()
      .describe(
        'PEM certificates of the authorities that issue client certificates, each up to its root. Default: none.'
      ),
    clientCertificate: z
      .enum(CLIENT_CERTIFICATE, `expected ${CLIENT_CERTIFICATE.join(', ')}`)
      .default('none')
      .describe(
        'Whether clients are asked for a certificate. `request` asks, and accepts every connection; a `certificate` source grades the certificate. `require` accepts only connections with a valid certificate from `clientCa`. Default: none.'
      )
  })
    .refine(isPair, {
      error: 'expected the key to be that of the cert',
      when: ({ issues }) => issues.length === 0
    })
    .refine(
      ({ clientCa, clientCertificate }) => clientCertificate === 'none' || clientCa !== undefined,
      {
        error: 'expected the authorities that certificates of clients come from',
        path: ['clientCa']
      }
    )
    .refine(
      ({ clientCa, clientCertificate }) => clientCertificate !== 'none' || clientCa === undefined,
      {
        error: 'only goes with clientCertificate: request or require',
        path: ['clientCa']
      }
    )
}

const headerName = z
  .string()
  .refine((text) => reasonAgainst(() => validateHeaderName(text)) === undefined, {
    error: 'expected the name of a header field'
  })
  .refine((text) => !OWN_HEADER_FIELDS.has(text.toLowerCase()), {
    error: 'this header field is set by the service itself, expected another name'
  })

const HEADER_EXPECTED = 'expected the value of a header field: visible characters and spaces'
const headerValue = z
  .string(HEADER_EXPECTED)
  .refine((text) => reasonAgainst(() => validateHeaderValue('x', text)) === undefined, {
    error: HEADER_EXPECTED
  })

const responseHeaders = headerMap(headerName, headerValue).meta({
  title: 'a map of header fields and their values'
})
