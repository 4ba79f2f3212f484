import { request } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import {
  allowInsecureRequests,
  ClientSecretBasic,
  clientCredentialsGrant,
  discovery,
  genericGrantRequest,
  None,
  tokenIntrospection,
  tokenRevocation
} from 'openid-client'
import { send, serve } from '../../helpers/http.ts'
import { generateKeys, toPem } from '../../helpers/keys.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'

const API_KEY = 'an-api-key-of-20-characters'
const KEYS = [{ kid: 'a', alg: 'ES256', private: toPem(generateKeys('ES256').signing) }]
const METADATA = '/.well-known/oauth-authorization-server'

/** A proxy in front of a service that starts later: it passes what is below a path, as it is or with the path cut off. */
async function startIngress(t: ExecutionContext, path: string, isCut: boolean) {
  let target = ''
  const url = await serve(t, (incoming, response) => {
    const { url: wanted = '', method, headers } = incoming
    const to = isCut && wanted.startsWith(path) ? wanted.slice(path.length) : wanted
    const outgoing = request(target + to, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(outgoing)
  })
  return {
    issuer: url + path,
    lead(to: string) {
      target = to
    }
  }
}

/** @param base ahead of each path of a route */
function routesBelow(base: string) {
  const auth = { apiKeys: [API_KEY] }
  return [
    {
      issue: `${base}/token`,
      protocol: 'oauth',
      auth,
      claims: [{ from: 'fixed', set: { sub: 'ada', scope: 'read' } }]
    },
    { check: `${base}/introspect`, protocol: 'introspection', auth, verify: [{ keys: 'all' }] },
    { revoke: `${base}/revoke`, on: 'main', auth }
  ]
}

for (const [what, path, base, isCut] of [
  ['of an issuer at the root', '', '', false],
  ['of an issuer below a path', '/auth', '/auth', false],
  ['of an issuer below a path that a proxy cuts off', '/auth', '', true]
] as const) {
  test(`an OAuth client configures itself from the metadata ${what}`, async (t) => {
    const ingress = await startIngress(t, path, isCut)
    const { issuer } = ingress
    const { url } = await startService(t, {
      config: JSON.stringify({
        issuer,
        keys: KEYS,
        revocation: { store: 'memory' },
        routes: routesBelow(base)
      })
    })
    ingress.lead(url)
    const client = await discovery(
      // Such a proxy passes only requests below the path, so the client gets the document itself.
      new URL(isCut ? issuer + METADATA : issuer),
      'orders',
      undefined,
      ClientSecretBasic(API_KEY),
      { algorithm: 'oauth2', execute: [allowInsecureRequests] }
    )
    const { access_token: token } = await clientCredentialsGrant(client)
    const { jwks_uri: jwksUri = '' } = client.serverMetadata()
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(jwksUri)), { issuer })
    t.is(payload.sub, 'ada')
    const shown = await tokenIntrospection(client, token)
    t.true(shown.active)
    t.is(shown.scope, 'read')
    await tokenRevocation(client, token)
    t.false((await tokenIntrospection(client, token)).active)
  })
}

test('the metadata matches the configuration', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const claims = [{ from: 'remote', url: remote.url, at: 'data' }]
  const start = async (config: object) => {
    const { url, urls } = await startService(t, {
      config: JSON.stringify({
        issuer: 'https://tokens.example.com/',
        keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
        ...config
      })
    })
    return { url, other: urls.get('other') ?? '' }
  }
  const login = { issue: '/token', protocol: 'oauth', claims }

  const { url } = await start({ routes: [login, { check: '/check', verify: [{ keys: 'all' }] }] })
  const answer = await send(url + METADATA)
  t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
  t.is(answer.headers['cache-control'], 'max-age=3600')
  t.deepEqual(JSON.parse(answer.text), {
    issuer: 'https://tokens.example.com/',
    token_endpoint: 'https://tokens.example.com/token',
    token_endpoint_auth_methods_supported: ['none'],
    grant_types_supported: ['password'],
    response_types_supported: []
  })

  const none = await start({ routes: [{ ...login, protocol: 'txtoken' }] })
  t.is((await send(none.url + METADATA)).status, 404)
  const anonymous = await start({ issuer: undefined, routes: [login] })
  t.is((await send(anonymous.url + METADATA)).status, 404)
  const variable = await start({ routes: [{ ...login, issue: '/{tenant}/token' }] })
  t.is((await send(variable.url + METADATA)).status, 404)

  // The document is where the token endpoint is, and has the endpoints beside it.
  const { url: main, other } = await start({
    keys: KEYS,
    listen: { other: { port: 7001 } },
    revocation: { store: 'memory' },
    routes: [{ ...login, on: 'other' }, ...routesBelow('').slice(1)]
  })
  t.is((await send(main + METADATA)).status, 404)
  const names = Object.keys(JSON.parse((await send(other + METADATA)).text))
  t.true(names.includes('jwks_uri'))
  t.false(names.includes('introspection_endpoint') || names.includes('revocation_endpoint'))
  t.is((await send(`${other}/.well-known/jwks.json`)).status, 200)
})

test('a public client logs in with user name and password, configured from the metadata', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const ingress = await startIngress(t, '', false)
  const { url } = await startService(t, {
    config: JSON.stringify({
      issuer: ingress.issuer,
      keys: KEYS,
      routes: [
        {
          issue: '/token',
          protocol: 'oauth',
          claims: [{ from: 'remote', url: remote.url, at: 'data' }]
        }
      ]
    })
  })
  ingress.lead(url)
  const client = await discovery(new URL(ingress.issuer), 'app', undefined, None(), {
    algorithm: 'oauth2',
    execute: [allowInsecureRequests]
  })
  const [grant = ''] = client.serverMetadata().grant_types_supported ?? []
  const granted = await genericGrantRequest(client, grant, { username: 'ada', password: 'x' })
  t.is(granted.token_type, 'bearer')
  t.is(JSON.parse(remote.requests[0]?.body.toString() ?? '{}').username, 'ada')
})
