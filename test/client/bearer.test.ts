import test, { type ExecutionContext } from 'ava'
import express, { type Request } from 'express'
import Fastify, { type FastifyRequest } from 'fastify'
import Koa from 'koa'
import {
  createTokenChecker,
  expressBearer,
  fastifyBearer,
  koaBearer,
  type TokenChecker,
  type VerifiedClaims
} from '../../src/client/client.ts'
import { send, serve } from '../helpers/http.ts'
import { refusingUrl } from '../helpers/remote.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

type StartServer = (t: ExecutionContext, checker: TokenChecker) => Promise<string>

/** Each answers an accepted request with its claims. */
const frameworks: Readonly<Record<string, StartServer>> = {
  koa(t, checker) {
    const app = new Koa()
    app.silent = true
    app.use(koaBearer(checker))
    app.use((context) => {
      context.body = context.state.claims
    })
    return serve(t, app.callback())
  },
  express(t, checker) {
    const app = express().set('env', 'test')
    app.use(expressBearer(checker))
    app.get('/', (request: Request & { claims?: VerifiedClaims }, response) => {
      response.json(request.claims)
    })
    return serve(t, app)
  },
  async fastify(t, checker) {
    const app = Fastify()
    t.teardown(() => app.close())
    app.addHook('onRequest', fastifyBearer(checker))
    app.get('/', async (request: FastifyRequest & { claims?: VerifiedClaims }) => request.claims)
    return app.listen({ port: 0, host: '127.0.0.1' })
  }
}

function createSecretChecker(t: ExecutionContext): TokenChecker {
  const checker = createTokenChecker({
    secret: ENC_KEY,
    requireExp: false,
    require: { claims: { source: 'microservice' } }
  })
  t.teardown(checker.close)
  return checker
}

for (const [name, start] of Object.entries(frameworks)) {
  test(`${name}: a valid token passes, and its claims are on the request`, async (t) => {
    const url = await start(t, createSecretChecker(t))
    const token = makeToken('{"source":"microservice","sub":"m1"}')
    const answer = await send(url, { headers: { authorization: `bearer ${token}` } })
    t.is(answer.status, 200)
    t.deepEqual(JSON.parse(answer.text), { source: 'microservice', sub: 'm1' })
  })

  test(`${name}: a request without a token gets a challenge without an error code`, async (t) => {
    const url = await start(t, createSecretChecker(t))
    for (const headers of [{}, { authorization: 'Basic dXNlcjpwYXNz' }]) {
      const answer = await send(url, { headers })
      t.is(answer.status, 401)
      t.is(answer.headers['www-authenticate'], 'Bearer')
      t.regex(answer.headers['content-type'] ?? '', /^application\/json/)
      t.deepEqual(JSON.parse(answer.text), { error: 'no token present in request' })
    }
  })

  test(`${name}: an invalid token gets 401, and one with insufficient scope 403`, async (t) => {
    const url = await start(t, createSecretChecker(t))
    const forged = makeToken('{"source":"microservice"}', { secret: 'x'.repeat(32) })
    const rejected = await send(url, { headers: { authorization: `Bearer ${forged}` } })
    t.is(rejected.status, 401)
    t.is(
      rejected.headers['www-authenticate'],
      'Bearer error="invalid_token", error_description="signature is invalid"'
    )
    t.deepEqual(JSON.parse(rejected.text), { error: 'signature is invalid' })

    const user = await send(url, { headers: { authorization: `Bearer ${makeToken('{}')}` } })
    t.is(user.status, 403)
    t.is(
      user.headers['www-authenticate'],
      'Bearer error="insufficient_scope", error_description="Token does not have the claim source that is required"'
    )
  })

  test(`${name}: a token that cannot be checked gets 503, without a challenge`, async (t) => {
    const checker = createTokenChecker({ endpoint: await refusingUrl(t), allowHttp: true })
    t.teardown(checker.close)
    const url = await start(t, checker)
    const answer = await send(url, { headers: { authorization: `Bearer ${makeToken('{}')}` } })
    t.is(answer.status, 503)
    t.is(answer.headers['www-authenticate'], undefined)
    t.deepEqual(JSON.parse(answer.text), { error: 'Token cannot be checked at the moment' })
  })

  test(`${name}: an unexpected error is a 500, and not reported as an invalid token`, async (t) => {
    const check = async () => {
      throw new Error('a fault')
    }
    const url = await start(t, { check, close: async () => {} })
    t.is((await send(url)).status, 500)
  })
}

for (const [name, start] of Object.entries(frameworks)) {
  test(`${name}: the challenge has the missing scopes`, async (t) => {
    const checker = createTokenChecker({
      secret: ENC_KEY,
      requireExp: false,
      require: { scopes: ['read', 'write'] }
    })
    const url = await start(t, checker)
    const headers = { authorization: `Bearer ${makeToken('{"scope":"read"}')}` }
    const { status, headers: answered } = await send(url, { headers })
    t.is(status, 403)
    t.is(
      answered['www-authenticate'],
      'Bearer error="insufficient_scope", error_description="Token does not have all scopes that are required", scope="read write"'
    )
  })
}

test('express: an unexpected error goes to next, for versions that do not await promises', async (t) => {
  const fault = new Error('a fault')
  const check = async () => {
    throw fault
  }
  const given: unknown[] = []
  const fail = () => t.fail()
  const response = { status: fail, set: fail, json: fail }
  await expressBearer({ check })({ headers: {} }, response, (error) => given.push(error))
  t.deepEqual(given, [fault])
})

test('the name of a claim cannot break out of the challenge', async (t) => {
  const checker = createTokenChecker({
    secret: ENC_KEY,
    requireExp: false,
    require: { claims: { 'ä"\r\nx': 1 } }
  })
  const url = await frameworks.koa?.(t, checker)
  const answer = await send(url ?? '', { headers: { authorization: `Bearer ${makeToken('{}')}` } })
  t.is(
    answer.headers['www-authenticate'],
    `Bearer error="insufficient_scope", error_description="Token does not have the claim ''''x that is required"`
  )
})
