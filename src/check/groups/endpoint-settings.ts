/** The settings of groups from an HTTP endpoint. */
import * as z from 'zod'
import { headerMap } from '../../settings/headers.ts'
import { duration } from '../../settings/quantities.ts'
import { material, type SecretReader } from '../../settings/secrets.ts'
import { reasonAgainst, section } from '../../settings/section.ts'
import { remoteTlsSchema } from '../../settings/tls.ts'
import { allowHttp, httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'
import { assertSubjectUrl } from './endpoint-groups.ts'

export function endpointGroupsSchema(reader: SecretReader) {
  return section({
    from: z
      .literal('endpoint', 'expected endpoint')
      .describe('Groups that an endpoint is asked for.'),
    url: httpUrl.describe(
      'URL of the endpoint, in which `{sub}` stands for the subject. A 200 has JSON, a list of texts or `{"groups": [...]}`; a 404 says that there is no such subject.'
    ),
    allowHttp,
    method: z
      .enum(['GET', 'POST'], 'expected GET or POST')
      .default('GET')
      .describe('GET, or POST with the body `{"sub": "..."}`. Default: GET.'),
    headers: headerMap(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'expected the name of a header'),
      material(reader).refine((value) => /^[\x20-\x7e]*$/.test(value), {
        error: 'expected printable characters'
      })
    )
      .meta({ title: 'a map of headers and their values, each text or a reference' })
      .default({})
      .describe(
        'Headers that are sent along, such as `Authorization: { env: NAME }`. Default: none.'
      ),
    timeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('For the whole call, from connecting to the last byte. Default: 2s.'),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of an https:// endpoint. Its certificate is always verified.')
  })
    .refine(({ url, allowHttp }) => isAllowed(url, allowHttp), { error: PLAIN_HTTP, path: ['url'] })
    .superRefine(({ url, method }, context) => {
      const message = reasonAgainst(() => assertSubjectUrl(url, method))
      if (message !== undefined) context.addIssue({ code: 'custom', message, path: ['url'] })
    })
}
