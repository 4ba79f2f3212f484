/** The official clients of SuperTokens that speak other versions of the interface, with examples/supertokens.yml as their core. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import express from 'express'
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import supertokens from 'supertokens-node-23'
import { middleware } from 'supertokens-node-23/framework/express/index.js'
import JWT from 'supertokens-node-23/recipe/jwt/index.js'
import { freePorts } from '../helpers/free-ports.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import {
  buildGoClient,
  installPythonClient,
  type RunService
} from '../helpers/supertokens-clients.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/supertokens.yml', import.meta.url))
const API_KEY = 'an-api-key-of-20-characters'
const HUNDRED_YEARS = 3_153_600_000

async function startCore(t: ExecutionContext): Promise<string> {
  const env = { API_KEY, KEYS_DIR: await createTemporaryFolder(t), PORT: '0', HOST: '127.0.0.1' }
  return urlOf(runProgram(t, { env: { ...env, CFG_FILE: EXAMPLE } }))
}

/** The output of the services in other languages. */
interface Printed {
  readonly apiDomain: string
  readonly version: string
  readonly tokens: Readonly<Record<'usual' | 'short' | 'rotating' | 'openid', string>>
  readonly keys: readonly Readonly<Record<string, string>>[]
  /** The claims that the client itself has found in the tokens, once it had verified them. */
  readonly verified: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

function assertPrinted(t: ExecutionContext, printed: Printed, version: string): void {
  const { apiDomain, tokens, keys, verified } = printed
  t.is(printed.version, version)
  for (const [name, issuer, validity, kid] of [
    ['usual', apiDomain, HUNDRED_YEARS, /^s-/],
    ['short', apiDomain, 60, /^s-/],
    ['rotating', apiDomain, HUNDRED_YEARS, /^d-\d{13}$/],
    ['openid', `${apiDomain}/auth`, HUNDRED_YEARS, /^s-/]
  ] as const) {
    const { iss, iat = 0, exp = 0, ...claims } = decodeJwt(tokens[name])
    t.deepEqual({ iss, ...claims }, { iss: issuer, source: 'microservice' }, name)
    t.is(exp - iat, validity, name)
    t.regex(decodeProtectedHeader(tokens[name]).kid ?? '', kid, name)
    t.like(verified[name], { iss: issuer, source: 'microservice' }, name)
  }
  t.deepEqual(
    keys.map(({ kty, alg, use }) => ({ kty, alg, use })),
    [1, 2].map(() => ({ kty: 'RSA', alg: 'RS256', use: 'sig' }))
  )
}

/** By its address alone, and below the id of the default app as one of two cores, of which the other is not there. */
async function assertWorks(
  t: ExecutionContext,
  runService: RunService,
  version: string
): Promise<void> {
  const url = await startCore(t)
  const [closed] = await freePorts(1)
  for (const uri of [url, `${url}/appid-public;http://127.0.0.1:${closed}`]) {
    const printed = await runService({ CONNECTION_URI: uri, API_KEY })
    assertPrinted(t, printed as Printed, version)
  }
  const rejected = runService({ CONNECTION_URI: url, API_KEY: 'another-key-of-20-characters' })
  const { message } = await t.throwsAsync(rejected)
  t.regex(message, /status code: 401 and message: Invalid API key/)
}

test('the client for Go, which speaks version 3.1, works with the service as with its own core', async (t) => {
  t.timeout(600_000)
  await assertWorks(t, await buildGoClient(), '3.1')
})

test('the client for Python, which speaks version 5.4, works with the service as with its own core', async (t) => {
  t.timeout(600_000)
  await assertWorks(t, await installPythonClient(), '5.4')
})

test('the client for Node.js before the latest, which speaks version 5.3, works with the service as with its own core', async (t) => {
  const url = await startCore(t)
  const app = express()
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const apiDomain = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const versions = new Set<unknown>()
  supertokens.init({
    framework: 'express',
    supertokens: {
      connectionURI: `${url}/appid-public/public`,
      apiKey: API_KEY,
      networkInterceptor(request) {
        if (!request.url.endsWith('/apiversion')) versions.add(request.headers?.['cdi-version'])
        return request
      }
    },
    appInfo: { appName: 'service', apiDomain, websiteDomain: 'http://www.example.com' },
    recipeList: [JWT.init()]
  })
  app.use(middleware())

  const discovered = await fetch(`${apiDomain}/auth/.well-known/openid-configuration`)
  const { issuer, jwks_uri } = (await discovered.json()) as { issuer: string; jwks_uri: string }
  t.is(issuer, `${apiDomain}/auth`)
  const jwks = createRemoteJWKSet(new URL(jwks_uri))
  for (const [validity, isStatic, kid] of [
    [undefined, undefined, /^s-/],
    [60, true, /^s-/],
    [undefined, false, /^d-/]
  ] as const) {
    const payload = { source: 'microservice', iss: issuer }
    const answer = await JWT.createJWT(payload, validity, isStatic)
    if (answer.status !== 'OK') throw new Error(answer.status)
    const verified = await jwtVerify(answer.jwt, jwks, { issuer })
    const { iat = 0, exp = 0, source } = verified.payload
    t.is(source, 'microservice')
    t.is(exp - iat, validity ?? HUNDRED_YEARS)
    t.regex(verified.protectedHeader.kid ?? '', kid)
  }
  t.is((await JWT.getJWKS()).keys.length, 2)
  t.deepEqual([...versions], ['5.3'])
})
