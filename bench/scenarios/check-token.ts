/** checkToken against node:http and one HMAC: with each token verified anew, and with tokens that were verified before. */
import assert from 'node:assert/strict'
import jwt from 'jsonwebtoken'
import { remoteReply } from '../programs/remote-reply.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { prepareBareServer, prepareProgram } from '../servers.ts'

const TOKENS = 200

export function createCheckTokenScenario(bench: Bench): Scenario {
  return createScenario('checkToken', 1.4, { cache: '0B' }, bench)
}

/** All tokens fit into the cache that a route has by default. */
export function createCheckKnownTokenScenario(bench: Bench): Scenario {
  return createScenario('checkToken, known tokens', 1.2, {}, bench)
}

function createScenario(
  title: string,
  cpuRatioLimit: number,
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
  const load = {
    path: '/checkToken',
    method: 'POST' as const,
    connections: 32,
    requests: tokens.map((token) => ({ headers: { authorization: `Bearer ${token}` } }))
  }
  const assertAnswer = (body: string) => {
    const [token = ''] = tokens
    assert.deepEqual(JSON.parse(body), {
      Raw: token,
      Method: { Name: 'HS256', Hash: 5 },
      Header: { alg: 'HS256', typ: 'JWT' },
      Claims: jwt.decode(token),
      Signature: token.split('.')[2],
      Valid: true
    })
  }
  return {
    title,
    cpuRatioLimit,
    variants: [
      {
        name: 'txtoken',
        isProgram: true,
        prepare: (port) => prepareProgram(folder, port, settings),
        load,
        assertAnswer
      },
      {
        name: 'reference',
        isProgram: false,
        prepare: (port) => prepareBareServer('reference-check-token', port, { KEY: secret }),
        load,
        assertAnswer
      }
    ]
  }
}
