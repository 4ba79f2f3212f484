/** The settings of a source of claims behind a URL. */
import { z } from 'zod'
import type { SecretReader } from '../../secrets.ts'
import { duration, httpUrl, section } from '../fields.ts'
import { jsonTree } from '../json-tree.ts'
import { remoteTlsSchema } from '../remote-tls.ts'
import { foreignClaimName } from './claim-name.ts'

export function remoteSourceSchema(reader: SecretReader) {
  const { from, url, ...call } = remoteCallShape(reader)
  return section({
    from,
    url,
    at: foreignClaimName.describe('The claim that the reply is put under, as it came.'),
    ...call
  })
}

/** How the remote is called, whatever becomes of its reply. */
export function remoteCallShape(reader: SecretReader) {
  return {
    from: z
      .literal('remote', 'expected remote')
      .describe('Claims from the JSON API behind the service.'),
    url: httpUrl.describe('The URL that the body of the client is posted to.'),
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
  }
}
