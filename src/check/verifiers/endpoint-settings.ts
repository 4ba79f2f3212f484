/** The settings of a verifier that asks an endpoint elsewhere. */
import type * as z from 'zod'
import { duration, integer } from '../../settings/quantities.ts'
import type { SecretReader } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { remoteTlsSchema } from '../../settings/tls.ts'
import { allowHttp, httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'

export type EndpointVerifierConfig = z.output<ReturnType<typeof endpointVerifierSchema>>

export function endpointVerifierSchema(reader: SecretReader) {
  return section({
    endpoint: httpUrl.describe(
      'URL that the token is posted to, as a Bearer of the Authorization header. A 200 with JSON that has a `sub` verifies it, 401 and 403 refuse it.'
    ),
    allowHttp,
    timeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('For the whole call, from connecting to the last byte. Default: 2s.'),
    cache: section({
      for: duration('1s', '1h')
        .prefault('30s')
        .describe(
          'How long an answer is kept, and never longer than the token is valid. Until then, nothing that the endpoint learns of a token counts. Default: 30s.'
        ),
      entries: integer(1, 1_000_000)
        .prefault(10_000)
        .describe('Most answers that are kept. Default: 10000.')
    })
      .optional()
      .describe('Keeps answers that verify a token. Default: every check asks.'),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of an https:// endpoint. Its certificate is always verified.')
  }).refine(({ endpoint, allowHttp }) => isAllowed(endpoint, allowHttp), {
    error: PLAIN_HTTP,
    path: ['endpoint']
  })
}
