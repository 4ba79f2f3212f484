/** The settings of a source of claims behind a URL. */
import * as z from 'zod'
import type { JsonText } from '../../../json/json-text.ts'
import { jsonTree, optionalPath } from '../../../settings/json.ts'
import { duration, integer, size } from '../../../settings/quantities.ts'
import { variablesIn } from '../../../settings/route-paths.ts'
import { oncePerReader } from '../../../settings/secrets.ts'
import { section } from '../../../settings/section.ts'
import { remoteTlsSchema } from '../../../settings/tls.ts'
import { claimMap, foreignClaimName } from '../claim-name.ts'
import { BODY_MODES, metadata } from './call.ts'
import { forward, headers } from './headers.ts'
import { urlTemplate } from './url-template.ts'

/** The settings of a remote source. */
export type RemoteConfig = z.output<ReturnType<typeof remoteSourceSchema>>

export const remoteSourceSchema = oncePerReader(function remoteSourceSchema(reader) {
  return refineRemote(section({ ...callShape(reader), ...replyShape, ...connectionShape(reader) }))
})

/** The settings of a call whose reply has none. */
export type RemoteCallConfig = z.output<ReturnType<typeof remoteCallSchema>>

/** How the remote is called, whatever becomes of its reply. */
export const remoteCallSchema = oncePerReader(function remoteCallSchema(reader) {
  return refineRemote(section({ ...callShape(reader), ...connectionShape(reader) }))
})

const callShape = oncePerReader(function callShape(reader) {
  return {
    from: z
      .literal('remote', 'expected remote')
      .describe('Claims from the JSON API behind the service.'),
    url: urlTemplate.describe(
      'The URL to call. A whole segment of its path, or value of its query, may be `{name}`: the metadata of that name, else the variable of the route. It is encoded; a request without it is rejected (400).'
    ),
    method: z
      .enum(['POST', 'GET'], 'expected POST or GET')
      .default('POST')
      .describe('The method of the call. Default: POST.'),
    send: z
      .enum(BODY_MODES, `expected ${BODY_MODES.join(', ')}`)
      .optional()
      .describe(
        'The body of a POST: `body` is the JSON of the client as it came, `metadata` the metadata as a JSON object. Default: body; of a GET nothing.'
      ),
    metadata,
    bearer: jsonTree
      .optional()
      .describe(
        'The `data` claim of the service bearer that is sent to the remote: a YAML tree, or a string that holds JSON. Default: no bearer is sent.'
      ),
    headers: headers(reader),
    forward
  }
})

const replyShape = {
  success: z
    .union([z.literal(200), z.literal('2xx')], 'expected 200 or 2xx')
    .default(200)
    .describe(
      'The statuses that are a success: 200 alone, or with `2xx` all from 200 to 299, and then a reply without a body adds no claims. Default: 200.'
    ),
  at: foreignClaimName
    .optional()
    .describe(
      'The claim that the reply is put under, as it came. Default: none, the members of the reply are claims of their own, but for iss, sub, aud, iat, nbf, exp, jti and txtoken_use.'
    ),
  pick: claimMap(optionalPath, 'a map of claims and their paths in the reply')
    .optional()
    .describe(
      'Claims that are picked out of the reply, by their paths. A reply without one is an error, unless the path ends with `?`. `sub`, `iss` and `aud` have to be text; a number becomes text. Default: the whole reply is taken.'
    ),
  drop: z
    .array(
      z
        .string('expected a name, in which * matches any text')
        .min(1, 'expected a name, in which * matches any text'),
      'expected a list of names'
    )
    .min(1, 'expected at least one name')
    .optional()
    .describe(
      'Names of members that are left out of what is taken of the reply, at any depth, in upper or lower case; `*` matches any text, as in `*_secret`. Default: none.'
    ),
  onError: z
    .enum(['fail', 'skip'], 'expected fail or skip')
    .default('fail')
    .describe(
      'What a remote that fails does to the token: `fail` issues none, `skip` issues it without these claims, logs a warning and counts it. A 4xx of the remote rejects the request and is never skipped. Default: fail.'
    )
}

const connectionShape = oncePerReader(function connectionShape(reader) {
  return {
    timeout: duration('1ms', '5m')
      .prefault('5s')
      .describe('For the whole call, from connecting to the last byte. Default: 5s.'),
    connectTimeout: duration('1ms', '5m')
      .prefault('2s')
      .describe('For connecting, TLS included. Default: 2s.'),
    limits: section({
      calls: integer(1, 65_535)
        .optional()
        .describe(
          'Calls in flight to this remote; beyond it the answer is 503. Default: that of the service.'
        ),
      reply: size('1B', '64MiB').optional().describe('Largest reply. Default: that of the service.')
    })
      .optional()
      .describe('Limits of this remote alone.'),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of an https:// remote. The certificate of the remote is always verified.')
  }
})

/** The settings that the rules are about. */
interface RemoteSettings {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly send?: 'body' | 'metadata' | 'nothing' | undefined
  readonly metadata?: readonly { name: string; value?: JsonText | undefined }[] | undefined
  readonly bearer?: JsonText | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly forward?: readonly string[] | undefined
  readonly at?: string | undefined
  readonly pick?: unknown
}

interface Rule {
  readonly path: (keyof RemoteSettings)[]
  readonly error: string
  readonly isMet: (settings: RemoteSettings) => boolean
}

const rules: readonly Rule[] = [
  {
    path: ['send'],
    error: 'expected nothing, since a GET has no body',
    isMet: ({ method, send = 'nothing' }) => method !== 'GET' || send === 'nothing'
  },
  {
    path: ['send'],
    error: 'expected metadata to send',
    isMet: ({ send, metadata }) => send !== 'metadata' || metadata !== undefined
  },
  {
    path: ['metadata'],
    error: 'nothing uses some of it, expected send: metadata, or a variable in url for each',
    isMet: ({ url, send, metadata = [] }) =>
      send === 'metadata' || metadata.every(({ name }) => variablesIn(url).includes(name))
  },
  {
    path: ['metadata'],
    error: 'expected a text, a number, true or false for a variable in url',
    isMet: ({ url, metadata = [] }) =>
      !metadata.some(
        ({ name, value = '' }) => variablesIn(url).includes(name) && /^[[{n]/.test(value)
      )
  },
  {
    path: ['pick'],
    error: 'expected at or pick, found both',
    isMet: ({ at, pick }) => at === undefined || pick === undefined
  },
  {
    path: ['headers'],
    error: 'expected no authorization, since the bearer is sent there',
    isMet: ({ bearer, headers = {} }) =>
      bearer === undefined || !Object.hasOwn(headers, 'authorization')
  },
  {
    path: ['forward'],
    error: 'expected no authorization, since the bearer is sent there',
    isMet: ({ bearer, forward = [] }) => bearer === undefined || !forward.includes('authorization')
  },
  {
    path: ['forward'],
    error: 'expected none of those in headers',
    isMet: ({ headers = {}, forward = [] }) => !forward.some((name) => Object.hasOwn(headers, name))
  }
]

/** Adds the rules to a schema. */
function refineRemote<Schema extends z.ZodType<RemoteSettings>>(schema: Schema): Schema {
  return rules.reduce(
    (refined, { path, error, isMet }) => refined.refine(isMet, { path, error }),
    schema
  )
}
