/**
 * checkToken with HS256 while RS256 tokens are issued beside it, against checkToken alone. What counts is p99: an RSA
 * signature on the main thread would make every check behind it wait. CPU/req is that of both routes here.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import jwt from 'jsonwebtoken'
import { remoteReply } from '../programs/remote-reply.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { program } from '../servers.ts'

/** Requests a second: enough of each to meet, and too few to queue for the processor. */
const CHECKS = 1000
const TOKENS = 150

export function createBesideIssuingScenario({ folder, secret, remoteUrl }: Bench): Scenario {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' }
  })
  const settings = {
    keys: [
      { kid: 'rsa', alg: 'RS256', private: privateKey },
      { kid: 'hmac', alg: 'HS256', secret }
    ],
    routes: [
      {
        issue: '/getToken',
        key: 'rsa',
        claims: [{ from: 'remote', url: remoteUrl, at: 'data' }]
      },
      { check: '/checkToken', verify: [{ keys: 'all' }] }
    ]
  }
  const token = jwt.sign({ data: JSON.parse(remoteReply) }, secret, {
    expiresIn: '1h',
    keyid: 'hmac'
  })
  const common = {
    start: program(folder, settings),
    load: {
      path: '/checkToken',
      method: 'POST' as const,
      connections: 8,
      rate: CHECKS,
      headers: { authorization: `Bearer ${token}` }
    },
    assertAnswer: (body: string) => assert.equal(JSON.parse(body).Valid, true)
  }
  return {
    title: 'checkToken beside RS256',
    variants: [
      {
        ...common,
        name: 'beside issuing',
        background: {
          path: '/getToken',
          method: 'POST',
          connections: 8,
          rate: TOKENS,
          body: '{"email":"ann@example.com","password":"12345"}'
        }
      },
      { ...common, name: 'alone' }
    ]
  }
}
