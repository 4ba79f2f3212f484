/**
 * Two workers against one process, both on all processors. The tokens are signed with ES512 and not cached, so that a check
 * costs many times what the load generator spends on it: on two processors it takes its share from the workers.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { remoteReply } from '../programs/remote-reply.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { program } from '../servers.ts'

export function createWorkersScenario({ folder }: Bench): Scenario {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-521',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' }
  })
  const settings = {
    keys: [{ kid: 'ec', alg: 'ES512', public: publicKey }],
    routes: [{ check: '/checkToken', protocol: 'txtoken', verify: [{ keys: 'all' }], cache: '0B' }]
  }
  const token = jwt.sign({ data: JSON.parse(remoteReply) }, privateKey, {
    algorithm: 'ES512',
    expiresIn: '1h',
    keyid: 'ec'
  })
  const common = {
    load: {
      path: '/checkToken',
      method: 'POST' as const,
      connections: 64,
      headers: { authorization: `Bearer ${token}` }
    },
    assertAnswer: (body: string) => assert.equal(JSON.parse(body).Valid, true)
  }
  return {
    title: 'Workers',
    variants: [
      { ...common, name: 'workers: 2', start: program(folder, { ...settings, workers: 2 }, true) },
      { ...common, name: 'one process', start: program(folder, settings, true) }
    ],
    rules: [
      {
        what: 'workers: 2, requests a second',
        figure: 'requestsPerSecond',
        against: 'one process',
        limit: 1.8,
        atLeast: true,
        unit: 'times one process'
      }
    ]
  }
}
