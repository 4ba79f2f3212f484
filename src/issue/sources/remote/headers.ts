/** The settings of the headers sent to a remote. */
import * as z from 'zod'
import { headerName } from '../../../settings/headers.ts'
import { material, oncePerReader } from '../../../settings/secrets.ts'

/** Of one connection alone (RFC 9110, section 7.6.1), or set by the service itself for each call. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'accept-encoding',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host'
])

const sentHeaderName = headerName.refine((name) => !NEVER_SENT.has(name), {
  error: 'the service sets this header itself, or it is of the connection, expected another one'
})

/** The setting `forward`. */
export const forward = z
  .array(sentHeaderName, 'expected a list of headers')
  .min(1, 'expected at least one header')
  .optional()
  .describe(
    'Headers of the client that are sent to the remote, unchanged. Only these are sent. The address of the connection is appended to `x-forwarded-for` and `forwarded`, as proxies do. Headers about the connection or the body, such as `host` or `content-type`, cannot be named. Default: none.'
  )

/** Visible ASCII, with spaces inside (RFC 9110, section 5.5). */
const VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/

/** The setting `headers`. */
export const headers = oncePerReader(function headers(reader) {
  return z
    .record(
      z.string(),
      material(reader).refine((value) => VALUE.test(value), {
        error: 'expected one line of visible ASCII characters, without spaces around it'
      }),
      'expected a map of headers'
    )
    .meta({
      title:
        'a map of header names and their values, each text in quotes, { file: path } or { env: NAME }'
    })
    .transform((given, context) => {
      const entries = Object.entries(given).map(([name, value]) => {
        const { data = '', error } = sentHeaderName.safeParse(name)
        for (const { message } of error?.issues ?? []) {
          context.addIssue({ code: 'custom', message, path: [name] })
        }
        return [data, value] as const
      })
      const headers = new Map(entries)
      if (headers.size < entries.length) {
        context.addIssue({ code: 'custom', message: 'expected each header once' })
      }
      return Object.fromEntries(headers)
    })
    .optional()
    .describe('Headers that every call has, such as an API key. Default: none.')
})
