/** examples/supertokens.yml unchanged, with the real SuperTokens client. */
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import supertokens from 'supertokens-node'
import JWT from 'supertokens-node/recipe/jwt/index.js'
import { createServiceToken, createTokenChecker } from '../../src/client/client.ts'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { compareCommands } from '../helpers/page-commands.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const EXAMPLE = fileURLToPath(new URL('../../examples/supertokens.yml', import.meta.url))
const API_KEY = 'an-api-key-of-20-characters'
const API_DOMAIN = 'http://api.example.com'
const HUNDRED_YEARS = 3_153_600_000

test('the client of SuperTokens works with the service as with its own core', async (t) => {
  const env = { API_KEY, KEYS_DIR: await createTemporaryFolder(t), PORT: '0', HOST: '127.0.0.1' }
  const program = runProgram(t, { env: { ...env, CFG_FILE: EXAMPLE } })
  const connectionURI = await urlOf(program)
  let apiKey = API_KEY
  supertokens.init({
    framework: 'express',
    supertokens: {
      connectionURI,
      apiKey,
      // A process has one client; this makes it send another key.
      networkInterceptor: (request) => ({
        ...request,
        headers: { ...request.headers, 'api-key': apiKey }
      })
    },
    appInfo: {
      appName: 'test',
      apiDomain: API_DOMAIN,
      websiteDomain: 'http://www.example.com',
      apiBasePath: '/auth'
    },
    recipeList: [JWT.init()]
  })
  const jwks = createRemoteJWKSet(new URL(`${connectionURI}/.well-known/jwks.json`))
  async function create(...input: Parameters<typeof JWT.createJWT>) {
    const answer = await JWT.createJWT(...input)
    if (answer.status !== 'OK') throw new Error(answer.status)
    const { payload } = await jwtVerify(answer.jwt, jwks, { issuer: API_DOMAIN })
    const { kid, ...header } = decodeProtectedHeader(answer.jwt)
    t.deepEqual(header, { alg: 'RS256', typ: 'JWT' })
    return { kid, payload, validity: (payload.exp ?? 0) - (payload.iat ?? 0) }
  }

  const usual = await create({ source: 'microservice' })
  t.is(usual.payload.source, 'microservice')
  t.is(usual.validity, HUNDRED_YEARS)
  t.regex(usual.kid ?? '', /^s-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  t.is((await create({}, 60)).validity, 60)

  const rotating = await create({ source: 'microservice' }, undefined, false)
  t.regex(rotating.kid ?? '', /^d-\d{13}$/)
  t.is(rotating.validity, HUNDRED_YEARS)

  const set = await JWT.getJWKS()
  t.deepEqual(
    set.keys.map(({ kid }) => kid),
    [usual.kid, rotating.kid]
  )
  for (const { kty, alg, use } of set.keys) {
    t.deepEqual({ kty, alg, use }, { kty: 'RSA', alg: 'RS256', use: 'sig' })
  }
  t.true((set.validityInSeconds ?? 0) > 60)

  apiKey = 'another-key-of-20-characters'
  const rejected = await t.throwsAsync(JWT.createJWT({ source: 'microservice' }))
  t.regex(rejected?.message ?? '', /status code: 401 and message: Invalid API key/)
  t.is((await JWT.getJWKS()).keys.length, 2)
  for (const secret of [API_KEY, apiKey]) t.false(program.output().stdout.includes(secret))
})

test('one service gets a token of the recipe, and another one checks it', async (t) => {
  const env = { API_KEY, KEYS_DIR: await createTemporaryFolder(t), PORT: '0', HOST: '127.0.0.1' }
  const url = await urlOf(runProgram(t, { env: { ...env, CFG_FILE: EXAMPLE } }))
  const serviceToken = createServiceToken({
    url: `${url}/recipe/jwt`,
    allowHttp: true,
    protocol: 'supertokens',
    apiKey: API_KEY,
    claims: { source: 'microservice' },
    issuer: API_DOMAIN
  })
  const checker = createTokenChecker({
    jwksUrl: `${url}/.well-known/jwks.json`,
    allowHttp: true,
    issuer: API_DOMAIN,
    require: { claims: { source: 'microservice' } }
  })
  t.teardown(() => Promise.all([serviceToken.close(), checker.close()]))
  const { exp = 0, iat = 0 } = (await checker.check(await serviceToken.get())) as {
    exp?: number
    iat?: number
  }
  t.is(exp - iat, 3600)
})

test('the commands of the page print what is shown below them', async (t) => {
  const [start, ...blocks] = readCodeBlocks('docs/examples/supertokens.md')
  t.is(start?.text, `API_KEY=${API_KEY} CFG_FILE=examples/supertokens.yml npm start`)
  const env = { API_KEY, KEYS_DIR: await createTemporaryFolder(t), PORT: '0', HOST: '127.0.0.1' }
  const url = await urlOf(runProgram(t, { env: { ...env, CFG_FILE: EXAMPLE } }))
  await compareCommands(t, blocks, {
    cwd: env.KEYS_DIR,
    place: (command) => command.replace('http://localhost:3567', url)
  })
})
