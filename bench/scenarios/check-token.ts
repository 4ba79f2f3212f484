/** checkToken against node:http and one HMAC, and against fastify: with each token verified, and with cached tokens. */
import assert from 'node:assert/strict'
import jwt from 'jsonwebtoken'
import { remoteReply } from '../programs/remote-reply.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { bareServer, program } from '../servers.ts'

const TOKENS = 200

export function createCheckTokenScenario(bench: Bench): Scenario {
  return createScenario('checkToken, each token new', 1.25, { cache: '0B' }, bench)
}

/** All tokens fit into the default cache of a route. */
export function createCheckKnownTokenScenario(bench: Bench): Scenario {
  return createScenario('checkToken, known tokens', 1.05, {}, bench)
}

function createScenario(
  title: string,
  limit: number,
  route: object,
  { folder, secret }: Bench
): Scenario {
  const data = JSON.parse(remoteReply)
  const tokens = Array.from({ length: TOKENS }, (_, index) =>
    jwt.sign({ data: { ...data, index } }, secret, { expiresIn: '1h' })
  )
  const settings = {
    keys: [{ alg: 'HS256', secret }],
    routes: [{ check: '/checkToken', protocol: 'txtoken', verify: [{ keys: 'all' }], ...route }]
  }
  const common = {
    load: {
      path: '/checkToken',
      method: 'POST' as const,
      connections: 32,
      requests: tokens.map((token) => ({ headers: { authorization: `Bearer ${token}` } }))
    },
    assertAnswer: (body: string, variation: number) => assertChecked(body, tokens[variation] ?? '')
  }
  const env = { KEY: secret }
  return {
    title,
    variants: [
      { ...common, name: 'txtoken', start: program(folder, settings) },
      { ...common, name: 'bare', start: bareServer('reference-check-token', env) },
      { ...common, name: 'fastify', start: bareServer('fastify-tokens', env) }
    ],
    rules: [
      {
        what: `${title}, CPU a request`,
        figure: 'cpuMicrosecondsPerRequest',
        against: 'bare',
        limit,
        unit: 'times bare'
      },
      { what: 'peak RSS under load', figure: 'peakRssMegabytes', limit: 112, unit: 'MB' }
    ]
  }
}

function assertChecked(body: string, token: string): void {
  assert.deepEqual(JSON.parse(body), {
    Raw: token,
    Method: { Name: 'HS256', Hash: 5 },
    Header: { alg: 'HS256', typ: 'JWT' },
    Claims: jwt.decode(token),
    Signature: token.split('.')[2],
    Valid: true
  })
}
