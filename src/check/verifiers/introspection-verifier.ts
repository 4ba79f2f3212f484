/** The verifier `introspection`: asks the authorization server that issued the token whether it is active (RFC 7662). */
import * as z from 'zod'
import { checkUnavailable, invalidToken } from '../../errors.ts'
import type { OpaqueToken, Token } from '../../keys/token.ts'
import type { TraceHeaders } from '../../remote/trace-context.ts'
import { type SecretReader, sharedSecret } from '../../settings/secrets.ts'
import { section } from '../../settings/section.ts'
import { httpUrl, isAllowed, PLAIN_HTTP } from '../../settings/urls.ts'
import type { Verified, Verifier } from '../check.ts'
import { readReply } from '../endpoint-reply.ts'
import {
  type AskingVerifierOptions,
  askingShape,
  claimsOfReply,
  connectAsking,
  createAskingVerifier,
  membersOf
} from './asked-issuer.ts'
import type { VerifierKind } from './verifier-kind.ts'

function introspectionVerifierSchema(reader: SecretReader) {
  return section({
    introspection: section({
      url: httpUrl.describe(
        'URL that the token is posted to, as a form (RFC 7662). A 200 with `"active": true` verifies the token, and the other members are its claims; `"active": false` rejects it.'
      ),
      client: section({
        id: z
          .string('expected text')
          .min(1, 'expected text')
          .describe('The client id of this service at the authorization server.'),
        secret: sharedSecret(reader).describe('The client secret of this service.'),
        auth: z
          .enum(['basic', 'form'], 'expected basic or form')
          .default('basic')
          .describe(
            'How both are sent: `basic` is HTTP Basic, `form` is fields of the form (RFC 6749, section 2.3.1). Default: basic.'
          )
      })
        .optional()
        .describe(
          'The client credentials of this service at the authorization server. Default: none are sent.'
        ),
      ...askingShape(reader)
    })
      .refine(({ url, allowHttp }) => isAllowed(url, allowHttp), {
        error: PLAIN_HTTP,
        path: ['url']
      })
      .describe(
        'Asks the authorization server about each token, whether it is a JWT or opaque (RFC 7662).'
      )
  })
}

type IntrospectionConfig = z.output<ReturnType<typeof introspectionVerifierSchema>>
type Client = NonNullable<IntrospectionConfig['introspection']['client']>

export const introspectionKind = {
  setting: 'introspection',
  settings: introspectionVerifierSchema,
  takesOpaque: () => true,
  addresses: ({ introspection: { url, tls, proxy } }) => [
    { setting: ['introspection', 'url'], url: new URL(url), tls, proxy, kind: 'http' }
  ],
  create: ({ introspection }, services) =>
    createIntrospectionVerifier({
      ...connectAsking(introspection.url, introspection, services),
      client: introspection.client
    })
} satisfies VerifierKind<IntrospectionConfig>

export interface IntrospectionVerifierOptions extends AskingVerifierOptions {
  readonly client?: Client | undefined
}

/** Members by which servers show what kind of token it is: Hydra, Keycloak, and others. */
const KINDS = ['token_use', 'token_type', 'typ'] as const
/** `Offline` is for Keycloak's refresh tokens that outlive the session. */
const REFRESH = /^(?:refresh|offline)(?:[ _-]?token)?$/i

/**
 * Posts the token. Only a reply with `active` makes a token active or inactive. Any other, and a status that is about this
 * service as a client, makes the check unavailable.
 */
export function createIntrospectionVerifier(options: IntrospectionVerifierOptions): Verifier {
  const { url, client, endpoint, maxDepth, cache, now } = options
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(client?.auth === 'basic' && { authorization: basicOf(client) })
  }
  const credentials =
    client?.auth === 'form' ? { client_id: client.id, client_secret: client.secret } : {}

  async function ask(token: Token | OpaqueToken, trace?: TraceHeaders): Promise<Verified> {
    const form = { token: token.raw, token_type_hint: 'access_token', ...credentials }
    const { status, body } = await endpoint.ask({
      url,
      method: 'POST',
      headers,
      body: new URLSearchParams(form).toString(),
      trace
    })
    if (status !== 200) throw checkUnavailable(new Error(`${url.host}: found the status ${status}`))
    const reply = readReply(body, maxDepth)
    const members = membersOf(reply)
    if (members.active === false) throw invalidToken('Token is not active', 'endpoint')
    if (members.active !== true) {
      throw checkUnavailable(new Error(`${url.host}: found no active that is true or false`))
    }
    if (KINDS.some((name) => REFRESH.test(String(members[name])))) {
      throw invalidToken('Token is a refresh token', 'endpoint')
    }
    return claimsOfReply(reply, token, 'active')
  }

  return createAskingVerifier({ ask, cache, now })
}

/** RFC 6749, section 2.3.1: both are encoded as in a form before they are joined. */
function basicOf({ id, secret }: Client): string {
  const credentials = [id, secret].map(encodeURIComponent).join(':')
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}
