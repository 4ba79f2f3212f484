/** getToken against node:http, undici and one HMAC: reading, forwarding and signing are the same work in both. */
import assert from 'node:assert/strict'
import jwt from 'jsonwebtoken'
import { remoteReply } from '../programs/remote-reply.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { prepareBareServer, prepareProgram } from '../servers.ts'

export function createGetTokenScenario({ folder, secret, remoteUrl }: Bench): Scenario {
  const bearer = { authorization: 'internal' }
  const preset = jwt.sign({ data: bearer }, secret, { expiresIn: '1h' })
  const remote = { from: 'remote', url: remoteUrl, bearer, at: 'data' }
  const settings = {
    keys: [{ alg: 'HS256', secret }],
    routes: [{ issue: '/getToken', protocol: 'txtoken', claims: [remote], lifetime: '1h' }]
  }
  const load = {
    path: '/getToken',
    method: 'POST' as const,
    connections: 32,
    headers: { 'content-type': 'application/json' },
    body: '{"email":"ann@example.com","password":"12345"}'
  }
  const assertAnswer = (body: string) => {
    const claims = jwt.verify(JSON.parse(body).token, secret, { algorithms: ['HS256'] })
    assert(typeof claims === 'object' && claims.iat !== undefined, 'claims of getToken')
    assert.equal(claims.exp, claims.iat + 3600)
    assert.deepEqual(claims.data, JSON.parse(remoteReply))
  }
  return {
    title: 'getToken',
    cpuRatioLimit: 1.4,
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
        prepare: (port) =>
          prepareBareServer('reference-get-token', port, {
            KEY: secret,
            REMOTE: remoteUrl,
            BEARER: preset
          }),
        load,
        assertAnswer
      }
    ]
  }
}
