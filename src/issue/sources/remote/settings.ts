/** The settings of a source of claims behind a URL: the call, and the claims taken from its reply. */
import * as z from 'zod'
import { BEARER_TYP } from '../../../service-bearer-mark.ts'
import { replyHeaderNames } from '../../../settings/headers.ts'
import { jsonTree, optionalPath } from '../../../settings/json.ts'
import { flag } from '../../../settings/quantities.ts'
import { oncePerReader } from '../../../settings/secrets.ts'
import { section } from '../../../settings/section.ts'
import { kid } from '../../../settings/tokens.ts'
import { urlTemplate } from '../../../settings/url-template.ts'
import { claimMap, foreignClaimName } from '../claim-name.ts'
import { BODY_MODES, metadata } from './call.ts'
import { connectionShape } from './connection-settings.ts'
import { forward, headers } from './headers.ts'
import { refuse } from './refuse.ts'
import { sentFields } from './sent-body.ts'
import { refineRemote } from './setting-rules.ts'

/** The settings of a remote source. */
export type RemoteConfig = z.output<ReturnType<typeof remoteSourceSchema>>

export const remoteSourceSchema = oncePerReader(function remoteSourceSchema(reader) {
  return refineRemote(section({ ...callShape(reader), ...replyShape, ...connectionShape(reader) }))
})

/** The settings of a call whose reply has none. */
export type RemoteCallConfig = z.output<ReturnType<typeof remoteCallSchema>>

/** How the remote is called, independent of its reply. */
export const remoteCallSchema = oncePerReader(function remoteCallSchema(reader) {
  return refineRemote(section({ ...callShape(reader), ...connectionShape(reader) }))
})

const callShape = oncePerReader(function callShape(reader) {
  return {
    from: z
      .literal('remote', 'expected remote')
      .describe('Claims from the JSON API behind the service.'),
    url: urlTemplate.describe(
      'The URL to call. A whole segment of its path, or a whole value of its query, may be `{name}`: the entry of `metadata` with that name, or else the variable of the route. The value is encoded; a request without it is rejected (400).'
    ),
    method: z
      .enum(['POST', 'GET'], 'expected POST or GET')
      .default('POST')
      .describe('The method of the call. Default: POST.'),
    send: z
      .enum(BODY_MODES, `expected ${BODY_MODES.join(', ')}`)
      .optional()
      .describe(
        'The body of a POST: `body` is the JSON of the client, unchanged; `form` is its members as a form (application/x-www-form-urlencoded); `metadata` is the metadata as a JSON object; `nothing` is no body. Default: body; for a GET, nothing.'
      ),
    body: sentFields(reader),
    metadata,
    bearer: jsonTree
      .optional()
      .describe(
        'The `data` claim of the service bearer that is sent to the remote: a YAML tree, or a string that holds JSON. Default: no bearer is sent.'
      ),
    bearerForm: z
      .enum(['typed', 'original'], 'expected typed or original')
      .default('typed')
      .describe(
        `The form of the service bearer: \`typed\` has the \`typ\` ${BEARER_TYP}, and the origin of \`url\` as its \`aud\`; \`original\` has the \`typ\` of its key and no \`aud\`, as in the flat form and in the original program. Default: typed.`
      ),
    bearerKey: kid
      .optional()
      .describe(
        'The kid of the key that signs the service bearer. Use a separate key with `publish: false`, so that services that verify with the JWK Set do not accept the bearer as a token. Default: the key of the route.'
      ),
    headers: headers(reader),
    forward,
    refuse,
    pass: replyHeaderNames(['set-cookie'])
      .optional()
      .describe(
        'Header fields of a successful reply that the client gets with its token, unchanged, such as `Set-Cookie`. Default: none.'
      ),
    clientAddress: flag
      .prefault(false)
      .describe(
        'Whether the remote gets the address of the client in `X-Forwarded-For`: the address of the connection, or the last hop that is not in `trustedProxies` of the listener, followed by those proxies. An `X-Forwarded-For` that the client itself wrote is never sent, even if `forward` names it. Default: false; the flat form sends it.'
      )
  }
})

const replyShape = {
  success: z
    .union([z.literal(200), z.literal('2xx')], 'expected 200 or 2xx')
    .meta({ title: '200 or 2xx' })
    .default(200)
    .describe(
      'The statuses that are a success: only 200, or all from 200 to 299 with `2xx`. With `2xx`, a reply without a body adds no claims; without `at` and `pick`, a reply that is null adds none either. Default: 200.'
    ),
  at: foreignClaimName
    .optional()
    .describe(
      'The claim that gets the whole reply. Default: none, each member of the reply becomes a claim, except iss, sub, aud, iat, nbf, exp, jti and txtoken_use.'
    ),
  pick: claimMap(optionalPath, 'a map of claims and their paths in the reply')
    .optional()
    .describe(
      'Claims, and the paths of their values in the reply. A reply without one is an error, unless the path ends with `?`. `sub`, `iss` and `aud` have to be text; a number becomes text, and null counts as missing. With `at`, these claims are added beside the whole reply. Default: the whole reply is taken.'
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
      'Names of members of the reply that are left out of the claims, at any depth, without regard to case. `*` matches any text, as in `*_secret`. Default: none.'
    ),
  onError: z
    .enum(['fail', 'skip'], 'expected fail or skip')
    .default('fail')
    .describe(
      'What happens if the remote fails: `fail` issues no token; `skip` issues it without these claims, logs a warning and counts it. A 4xx of the remote rejects the request and is never skipped. Default: fail.'
    )
}
