/** The configuration imported from each system with the commands of its page, run by the built program, with requests as its clients send them. */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { importSPKI, jwtVerify, SignJWT } from 'jose'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { answering, post, send } from '../helpers/http.ts'
import { generateKeys, toJwk, toPem } from '../helpers/keys.ts'
import { runProgram } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const MAIN = join(import.meta.dirname, '../../dist/main.js')
const API_KEY = 'an-api-key-of-20-characters'

interface Moved {
  readonly system: string
  readonly files: Readonly<Record<string, string>>
  readonly env?: Record<string, string>
  /** The address of the service, once it is up. */
  readonly url: string
  /** Changes the configuration where the other system has no port setting. */
  readonly place?: (config: string) => string
}

/** Runs the commands of the page, and then the service. */
async function move(t: ExecutionContext, { system, files, env = {}, url, place }: Moved) {
  const folder = await writeFiles(t, files)
  const script = readCodeBlocks(`docs/how-to/move-from-${system}.md`).find(
    ({ info }) => info === 'sh'
  )
  const { stdout } = await promisify(execFile)(
    'bash',
    ['-ec', `txtoken() { ${process.execPath} ${MAIN} "$@"; }\n${script?.text}`],
    { cwd: folder }
  )
  t.is(stdout, 'txtoken.yml is good\n')
  const file = join(folder, 'txtoken.yml')
  const config = await readFile(file, 'utf8')
  if (place !== undefined) await writeFile(file, place(config))
  runProgram(t, { env: { ...env, CFG_FILE: file } })
  await answering(url)
}

test('krakend: a login is signed, and each validator accepts the tokens of its own keys alone', async (t) => {
  const [port = 0, gate = 0] = await freePorts(2)
  const secret = generateKeys('HS256').signing
  const partner = generateKeys('ES384')
  const exp = Math.floor(Date.now() / 1000) + 600
  const remote = await startRemote(
    t,
    replying(JSON.stringify({ access_token: { sub: 'ada', exp }, user: 'ada' }))
  )
  const jose = { alg: 'HS256', jwk_local_path: 'jwk.json', disable_jwk_security: true }
  const settings = {
    version: 3,
    port,
    endpoints: [
      {
        endpoint: '/token',
        method: 'POST',
        backend: [{ host: [new URL(remote.url).origin], url_pattern: '/login' }],
        extra_config: { 'auth/signer': { ...jose, kid: 'sim2', keys_to_sign: ['access_token'] } }
      },
      {
        endpoint: '/orders',
        backend: [{ url_pattern: '/orders' }],
        extra_config: { 'auth/validator': { ...jose, propagate_claims: [['sub', 'X-User']] } }
      },
      {
        endpoint: '/partner',
        backend: [{ url_pattern: '/partner' }],
        extra_config: { 'auth/validator': { alg: 'ES384', jwk_local_path: 'partner.json' } }
      }
    ]
  }
  await move(t, {
    system: 'krakend',
    files: {
      'krakend.json': JSON.stringify(settings),
      'jwk.json': JSON.stringify({ keys: [toJwk(secret, { kid: 'sim2', alg: 'HS256' })] }),
      'partner.json': JSON.stringify({ keys: [toJwk(partner.verifying, { kid: 'partner' })] })
    },
    url: `http://127.0.0.1:${port}/livez`,
    place: (config) => config.replace('port: 8890', `port: ${gate}`)
  })
  const { status, text } = await post(`http://127.0.0.1:${port}/token`, '{"user":"ada"}')
  t.is(status, 200)
  const { access_token: token } = JSON.parse(text)
  t.like((await jwtVerify(token, secret)).payload, { sub: 'ada', exp })
  const url = `http://127.0.0.1:${gate}/auth`
  const allowed = await send(url, { headers: { authorization: `Bearer ${token}` } })
  t.is(allowed.status, 200)
  t.is(allowed.headers['x-user'], 'ada')
  t.is((await send(url)).status, 401)
  const ofPartner = await new SignJWT({ sub: 'bob' })
    .setProtectedHeader({ alg: 'ES384', kid: 'partner' })
    .setExpirationTime('1h')
    .sign(partner.signing)
  const ask = async (path: string, text: string) => {
    const headers = { authorization: `Bearer ${text}` }
    return (await send(`http://127.0.0.1:${gate}${path}`, { headers })).status
  }
  t.is(await ask('/auth-2', ofPartner), 200)
  t.is(await ask('/auth-2', token), 401, 'the token of the signer')
  t.is(await ask('/auth', ofPartner), 401, 'the token of the partner')
})

test('themis: a device gets a token, which its key verifies', async (t) => {
  const [keys = 0, issuer = 0, health = 0] = await freePorts(3)
  const remote = await startRemote(t, replying('{"plan":"gold"}'))
  const settings = {
    servers: {
      key: { address: `:${keys}` },
      issuer: { address: `127.0.0.1:${issuer}` },
      health: { address: `127.0.0.1:${health}` }
    },
    token: {
      alg: 'RS256',
      nonce: true,
      duration: '1h30m',
      key: { kid: 'k1', type: 'rsa', file: 'rsa.pem' },
      claims: [
        { key: 'mac', header: 'X-Midt-Mac-Address' },
        { key: 'iss', value: 'themis' }
      ],
      metadata: [{ key: 'id', header: 'X-Midt-Mac-Address' }],
      remote: { url: remote.url, method: 'POST' },
      partnerID: { claim: 'partner-id', header: 'X-Midt-Partner-ID', default: 'acme' }
    }
  }
  await move(t, {
    system: 'themis',
    files: {
      'themis.yaml': JSON.stringify(settings),
      'rsa.pem': toPem(generateKeys('RS256').signing)
    },
    url: `http://127.0.0.1:${keys}/keys/k1`
  })
  const { text: token } = await send(`http://127.0.0.1:${issuer}/issue`, {
    headers: { 'x-midt-mac-address': 'mac:1122' }
  })
  const { text: pem } = await send(`http://127.0.0.1:${keys}/keys/k1`)
  const { payload } = await jwtVerify(token, await importSPKI(pem, 'RS256'))
  t.like(payload, { iss: 'themis', mac: 'mac:1122', 'partner-id': 'acme', plan: 'gold' })
  t.is((payload.exp ?? 0) - (payload.iat ?? 0), 5400)
  t.is(String(remote.requests[0]?.body), '{"id":"mac:1122"}')
})

test('supertokens: a microservice gets its token with its old API key', async (t) => {
  const [port = 0] = await freePorts(1)
  const settings = { port, host: '127.0.0.1', api_keys: API_KEY, base_path: '/auth' }
  const url = `http://127.0.0.1:${port}/auth`
  await move(t, {
    system: 'supertokens',
    files: { 'config.yaml': JSON.stringify(settings) },
    env: { API_KEY_1: API_KEY },
    url: `${url}/hello`
  })
  const body = JSON.stringify({
    payload: { source: 'microservice' },
    validity: 3600,
    useStaticSigningKey: true,
    algorithm: 'RS256',
    jwksDomain: 'http://api.example.com'
  })
  const ask = (key: string) =>
    send(`${url}/recipe/jwt`, { method: 'POST', headers: { 'api-key': key }, body })
  const { status, jwt } = JSON.parse((await ask(API_KEY)).text)
  t.is(status, 'OK')
  t.regex(jwt, /^eyJ/)
  t.is((await ask('another-key-of-20-characters')).status, 401)
})

test('okera: a token that the endpoint rejects is verified by its key', async (t) => {
  const [port = 0] = await freePorts(1)
  const { signing, verifying } = generateKeys('RS512')
  const remote = await startRemote(t, replying('{}', 401))
  const settings = {
    JWT_PUBLIC_KEY: 'okera.pub',
    JWT_ALGORITHM: 'RSA512',
    JWT_AUTHENTICATION_SERVER_URL: remote.url
  }
  await move(t, {
    system: 'okera',
    files: { 'okera-config.yaml': JSON.stringify(settings), 'okera.pub': toPem(verifying) },
    url: `http://127.0.0.1:${port}/livez`,
    place: (config) => config.replace('port: 8888', `port: ${port}`)
  })
  const token = await new SignJWT({ sub: 'okera', groups: ['root'] })
    .setProtectedHeader({ alg: 'RS512' })
    .setExpirationTime('1h')
    .sign(signing)
  const check = (text: string) =>
    send(`http://127.0.0.1:${port}/validate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${text}` }
    })
  const { status, text } = await check(token)
  t.is(status, 200)
  t.like(JSON.parse(text), { sub: 'okera', groups: ['root'] })
  t.is((await check(`${token}x`)).status, 401)
  t.is(remote.requests[0]?.headers.authorization, `Bearer ${token}`)
})

test('txtoken: a login gets a token, and the check accepts it', async (t) => {
  const [port = 0] = await freePorts(1)
  const remote = await startRemote(t, replying('{"id":1}'))
  const settings = {
    port,
    encKey: ENC_KEY,
    remote: remote.url,
    expHours: 24,
    getTokenRoute: '/login',
    checkTokenRoute: '/check',
    requestTokenData: { authorization: 'internal' }
  }
  const url = `http://127.0.0.1:${port}`
  await move(t, {
    system: 'txtoken',
    files: { 'example_cfg.yml': JSON.stringify(settings) },
    env: { ENC_KEY },
    url: `${url}/livez`
  })
  const { text } = await post(`${url}/login`, '{"user":"ada"}')
  t.deepEqual(JSON.parse((await post(`${url}/check`, text)).text).Claims.data, { id: 1 })
})
