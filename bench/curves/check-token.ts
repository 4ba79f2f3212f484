/** Curves of checkToken with each token verified: more keys, more routes, more revoked tokens. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ClassicLevel } from 'classic-level'
import jwt from 'jsonwebtoken'
import { type Curve, chooseAmounts } from '../curve.ts'
import { remoteReply } from '../programs/remote-reply.ts'
import type { Bench, RouteLoad, Variant } from '../scenario.ts'
import { program } from '../servers.ts'

const ISSUER = 'https://bench.example.com'
/** How many keys are tried for a token without a kid. */
const TRIED_KEYS = 8
const YEAR_MS = 31_536_000_000
const BATCH = 10_000

/** Tokens with the kid of the last key, tokens without a kid signed with the last key that is tried, and forged ones without a kid. */
export function createKeysCurve({ folder }: Bench): Curve {
  return {
    title: 'Keys',
    quantity: 'keys',
    amounts: [1, 10, 100],
    createVariants(count) {
      const keys = Array.from({ length: count }, (_, index) => ({
        kid: `key-${index}`,
        alg: 'HS256',
        secret: `${index}`.padStart(40, 's')
      }))
      const settings = { keys, routes: [createCheckRoute('/checkToken')] }
      const last = keys.at(-1)
      const lastTried = keys[Math.min(count, TRIED_KEYS) - 1]
      assert(last !== undefined && lastTried !== undefined)
      const variant = (name: string, token: string, load: Partial<RouteLoad> = {}) => ({
        ...createCheckVariant(name, '/checkToken', token, load),
        start: program(folder, settings)
      })
      return [
        variant('with kid', signToken(last.secret, { keyid: last.kid })),
        variant('without kid', signToken(lastTried.secret)),
        {
          ...variant('forged', signToken('f'.repeat(40)), { expectedStatus: 401 }),
          assertAnswer: () => {}
        }
      ]
    },
    growth: { 'with kid': 'flat', 'without kid': 'flat', forged: 'linear' }
  }
}

export function createRoutesCurve({ folder, secret }: Bench): Curve {
  return {
    title: 'Routes',
    quantity: 'routes',
    amounts: [2, 50, 500],
    createVariants(count) {
      const routes = Array.from({ length: count }, (_, index) =>
        createCheckRoute(`/check-${index}`)
      )
      const settings = { keys: [{ alg: 'HS256', secret }], routes }
      const path = `/check-${count - 1}`
      return [
        {
          ...createCheckVariant('txtoken', path, signToken(secret)),
          start: program(folder, settings)
        }
      ]
    },
    growth: { txtoken: 'flat' }
  }
}

/** The revocations are in a file store, which is filled before the program starts. */
export async function createRevokedTokensCurve(bench: Bench): Promise<Curve> {
  const { folder, secret } = bench
  const amounts = chooseAmounts([0, 10_000, 100_000, 1_000_000], bench)
  for (const amount of amounts) await revokeTokens(storeOf(folder, amount), amount)
  return {
    title: 'Revoked tokens',
    quantity: 'revoked',
    amounts,
    createVariants(amount) {
      const settings = {
        keys: [{ alg: 'HS256', secret }],
        revocation: { store: `file:${storeOf(folder, amount)}` },
        routes: [createCheckRoute('/checkToken')]
      }
      const token = signToken(secret, { issuer: ISSUER, jwtid: 'not-revoked', subject: 'ann' })
      return [
        {
          ...createCheckVariant('txtoken', '/checkToken', token),
          start: program(folder, settings)
        }
      ]
    },
    growth: { txtoken: 'flat' }
  }
}

function createCheckRoute(path: string) {
  return { check: path, protocol: 'txtoken', verify: [{ keys: 'all' }], cache: '0B' }
}

function createCheckVariant(
  name: string,
  path: string,
  token: string,
  load: Partial<RouteLoad> = {}
): Omit<Variant, 'start'> {
  return {
    name,
    load: {
      path,
      method: 'POST',
      connections: 32,
      headers: { authorization: `Bearer ${token}` },
      ...load
    },
    assertAnswer: (body) => assert.equal(JSON.parse(body).Valid, true)
  }
}

function signToken(secret: string, options: jwt.SignOptions = {}): string {
  return jwt.sign({ data: JSON.parse(remoteReply) }, secret, { expiresIn: '1h', ...options })
}

function storeOf(folder: string, amount: number): string {
  return join(folder, `revoked-${amount}`)
}

/** Writes the entries as the file store has them: one by one through the service, each on the disk, would take an hour. */
async function revokeTokens(store: string, amount: number): Promise<void> {
  const database = new ClassicLevel(store)
  const until = String(Date.now() + YEAR_MS)
  for (let start = 0; start < amount; start += BATCH) {
    const entries = Array.from({ length: Math.min(BATCH, amount - start) }, (_, index) => ({
      type: 'put' as const,
      key: `revoked:${JSON.stringify(['token', ISSUER, `token-${start + index}-${'0'.repeat(20)}`])}`,
      value: until
    }))
    await database.batch(entries)
  }
  await database.close()
}
