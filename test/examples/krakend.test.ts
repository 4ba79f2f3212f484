/** examples/krakend.yml unchanged, with the backend beside it. */
import { fileURLToPath } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { post, send } from '../helpers/http.ts'
import { compareCommands } from '../helpers/page-commands.ts'
import { runProgram, urlOf } from '../helpers/program.ts'

const EXAMPLES = fileURLToPath(new URL('../../examples/', import.meta.url))
const PAGE = 'docs/examples/krakend.md'
const LOGIN = '{"user":"john","pass":"doe"}'
const IDENTITY = {
  aud: 'http://api.example.com',
  iss: 'https://krakend.io',
  sub: '1234567890qwertyuio'
}

/** Starts the backend and the service in front of it, and returns the addresses of both. */
async function startExample(t: ExecutionContext) {
  const backend = runProgram(t, {
    main: `${EXAMPLES}krakend-backend.js`,
    env: { BACKEND_PORT: '0' }
  })
  await backend.saying('backend on')
  const [backendUrl = ''] = /http:\/\/\S+/.exec(backend.output().stdout) ?? []
  const env = { BACKEND_URL: backendUrl, PORT: '0', HOST: '127.0.0.1' }
  const program = runProgram(t, { env: { ...env, CFG_FILE: `${EXAMPLES}krakend.yml` } })
  return { url: await urlOf(program), backendUrl, program }
}

test('the tokens of the reply are signed with the key of the symmetric set, and all else is unchanged', async (t) => {
  const { url, backendUrl } = await startExample(t)
  const { keys } = JSON.parse((await send(`${backendUrl}/jwk/symmetric.json`)).text)
  const unsigned = JSON.parse((await post(`${backendUrl}/token-issuer`, LOGIN)).text)

  const answer = await post(`${url}/token`, LOGIN)
  t.is(answer.status, 200)
  const signed = JSON.parse(answer.text)
  t.deepEqual(Object.keys(signed), ['access_token', 'refresh_token', 'exp'])
  const key = await importJWK(keys[0])
  for (const name of ['access_token', 'refresh_token']) {
    t.deepEqual(decodeProtectedHeader(signed[name]), { alg: 'HS256', typ: 'JWT', kid: 'sim2' })
    const { payload } = await jwtVerify(signed[name], key)
    const { exp = 0, iat = 0, ...claims } = payload
    const { exp: unsignedExp, ...expected } = unsigned[name]
    t.deepEqual<object, object>(claims, expected)
    t.like(claims, IDENTITY)
    t.is(typeof claims.jti, 'string')
    t.true(exp - unsignedExp <= 60)
    t.true(iat <= Date.now() / 1000)
  }
  t.is(signed.exp, (await jwtVerify(signed.access_token, key)).payload.exp)

  const checked = await post(`${url}/checkToken`, `access_token=${signed.access_token}`)
  t.is(checked.status, 200)
  t.deepEqual(JSON.parse(checked.text).Claims.roles, ['role_a', 'role_b'])
})

test('wrong credentials get the error of the backend, and nothing of it is logged', async (t) => {
  const { url, program } = await startExample(t)
  const answer = await post(`${url}/token`, '{"user":"john","pass":"never-to-be-seen"}')
  t.is(answer.status, 401)
  program.process.kill('SIGTERM')
  const { code, stdout } = await program.exit()
  t.is(code, 0)
  t.false(stdout.includes('never-to-be-seen'))
})

test('the commands of the page print what is shown below them', async (t) => {
  const { url, backendUrl } = await startExample(t)
  const [start, ...blocks] = readCodeBlocks(PAGE)
  t.is(start?.text, 'node examples/krakend-backend.js &\nCFG_FILE=examples/krakend.yml npm start')
  await compareCommands(t, blocks, {
    cwd: EXAMPLES,
    place: (command) =>
      command.replace('http://localhost:8081', backendUrl).replace('http://localhost:8080', url)
  })
})
