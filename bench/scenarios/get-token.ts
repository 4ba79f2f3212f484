/**
 * getToken against node:http, undici and one HMAC, and against the fastify program: reading, forwarding and signing are
 * the same work in all.
 */
import assert from 'node:assert/strict'
import jwt from 'jsonwebtoken'
import { remoteReply } from '../programs/remote-reply.ts'
import type { Bench, RouteLoad, Scenario, Variant } from '../scenario.ts'
import { bareServer, program } from '../servers.ts'

const BEARER = { authorization: 'internal' }

export function createGetTokenScenario(bench: Bench): Scenario {
  return {
    title: 'getToken',
    variants: createGetTokenVariants(bench),
    rules: [
      {
        what: 'getToken, CPU a request',
        figure: 'cpuMicrosecondsPerRequest',
        against: 'bare',
        limit: 1.2,
        unit: 'times bare'
      },
      {
        what: 'getToken, CPU a request, beside Fastify',
        figure: 'cpuMicrosecondsPerRequest',
        against: 'fastify',
        limit: 1.1,
        unit: 'times Fastify'
      },
      { what: 'peak RSS under load', figure: 'peakRssMegabytes', limit: 112, unit: 'MB' }
    ]
  }
}

export interface GetTokenOptions {
  /** Settings of the load beside its defaults. */
  readonly load?: Partial<RouteLoad>
  /** The query of calls to the remote. */
  readonly remoteQuery?: string
  /** The configuration of the built program beside keys and route. */
  readonly settings?: object
}

/** The built program first, then the bare one and the fastify one. */
export function createGetTokenVariants(
  bench: Bench,
  { load, remoteQuery = '', settings }: GetTokenOptions = {}
): [Variant, Variant, Variant] {
  const { folder, secret } = bench
  const remoteUrl = bench.remoteUrl + remoteQuery
  const env = {
    KEY: secret,
    REMOTE: remoteUrl,
    BEARER: jwt.sign({ data: BEARER }, secret, { expiresIn: '1h' })
  }
  const common = { load: { ...getTokenLoad, ...load }, assertAnswer }
  return [
    {
      ...common,
      name: 'txtoken',
      start: program(folder, { ...createGetTokenSettings(secret, remoteUrl), ...settings })
    },
    { ...common, name: 'bare', start: bareServer('reference-get-token', env) },
    { ...common, name: 'fastify', start: bareServer('fastify-tokens', env) }
  ]

  function assertAnswer(body: string): void {
    const claims = jwt.verify(JSON.parse(body).token, secret, { algorithms: ['HS256'] })
    assert(typeof claims === 'object' && claims.iat !== undefined, 'claims of getToken')
    assert.equal(claims.exp, claims.iat + 3600)
    const { groups: _groups, ...data } = claims.data
    assert.deepEqual(data, JSON.parse(remoteReply))
  }
}

export const getTokenLoad = {
  path: '/getToken',
  method: 'POST' as const,
  connections: 32,
  headers: { 'content-type': 'application/json' },
  body: '{"email":"ann@example.com","password":"12345"}'
}

export function createGetTokenSettings(secret: string, remoteUrl: string) {
  const remote = { from: 'remote', url: remoteUrl, bearer: BEARER, at: 'data' }
  return {
    keys: [{ alg: 'HS256', secret }],
    routes: [{ issue: '/getToken', protocol: 'txtoken', claims: [remote], lifetime: '1h' }]
  }
}
