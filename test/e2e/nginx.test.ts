/** nginx in front of an API, with the configuration of docs/keys/verifying.md, asks the service about every token. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { freePorts } from '../helpers/free-ports.ts'
import { send } from '../helpers/http.ts'
import { findRecipe, readRecipe, writeKeyFiles } from '../helpers/key-recipes.ts'
import { startNginx } from '../helpers/nginx.ts'
import { runService } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY, LASTING, makeToken } from '../helpers/tokens.ts'

/** The service, an API that trusts nginx, and nginx in front of it, which asks the service. */
async function startGateway(t: ExecutionContext) {
  const [config = {}] = readRecipe('Make a key and issue with it')
  const [nginxConfig = ''] = findRecipe('nginx, asking /checkToken', 'nginx')
  const loginApi = await startRemote(t, replying('{"id":1}'))
  const api = await startRemote(t, replying('{"answer":42}'))
  const keyFolder = await writeKeyFiles(t)
  const service = await runService(
    t,
    JSON.stringify({ ...config, listen: { main: { port: 0, host: '127.0.0.1' } } })
      .replace('http://login-api:8080/login', loginApi.url)
      .replace('"es-2026.pem"', JSON.stringify(join(keyFolder, 'es-2026.pem')))
  )
  const [port = 0] = await freePorts(1)
  const complaints = await startNginx(
    t,
    nginxConfig
      .replace('127.0.0.1:8888', new URL(service.url).host)
      .replace('127.0.0.1:8000', `127.0.0.1:${port}`)
      .replace('127.0.0.1:8080', new URL(api.url).host),
    port
  )
  const issued = await fetch(`${service.url}/getToken`, { method: 'POST', body: '{}' })
  const { token } = (await issued.json()) as { token: string }
  return { service, api, url: `http://127.0.0.1:${port}`, token, complaints }
}

test('a request with a valid token reaches the API whole, whatever its method and body', async (t) => {
  const { url, api, token, complaints } = await startGateway(t)
  const authorization = `Bearer ${token}`
  const answer = await send(`${url}/hello?a=b`, { headers: { authorization } })
  t.is(answer.status, 200)
  t.is(answer.text, '{"answer":42}')
  t.like(api.requests[0], { method: 'GET', url: '/hello?a=b' })
  t.is(api.requests[0]?.headers.authorization, authorization)

  const body = gzipSync('{"token":"of something else"}')
  const headers = { authorization, 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const posted = await send(`${url}/hello?access_token=x`, { method: 'POST', headers, body })
  t.is(posted.status, 200)
  t.like(api.requests[1], { method: 'POST', url: '/hello?access_token=x' })
  t.deepEqual(api.requests[1]?.body, body)
  t.is(complaints(), '')
})

test('a request without a valid token gets 401 and the reason, and does not reach the API', async (t) => {
  const { url, api, token } = await startGateway(t)
  const [header, payload] = token.split('.')
  const forged = `${header}.${payload}.${Buffer.alloc(64, 1).toString('base64url')}`
  for (const [path, headers, challenge] of [
    ['/hello', {}, 'Bearer'],
    [`/hello?access_token=${token}`, {}, 'Bearer'],
    [
      '/hello',
      { authorization: `Bearer ${forged}` },
      'Bearer error="invalid_token", error_description="signature is invalid"'
    ]
  ] as const) {
    const answer = await send(url + path, { headers })
    t.is(answer.status, 401)
    t.is(answer.headers['www-authenticate'], challenge)
  }
  t.is((await send(`${url}/_check-token`)).status, 404)
  t.deepEqual(api.requests, [])
})

test('while the service is down nothing reaches the API', async (t) => {
  const { url, api, token, service } = await startGateway(t)
  service.process.kill('SIGKILL')
  await service.exit()
  const answer = await send(`${url}/hello`, { headers: { authorization: `Bearer ${token}` } })
  t.is(answer.status, 500)
  t.deepEqual(api.requests, [])
})

test('a gate that nginx asks with the length of a body that it does not send disturbs no other client', async (t) => {
  const config = {
    listen: { main: { port: 0, host: '127.0.0.1' } },
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [{ check: '/auth', protocol: 'forward-auth', verify: [{ keys: 'all' }] }]
  }
  const service = await runService(t, JSON.stringify(config))
  const api = await startRemote(t, replying('{}'))
  const [port = 0] = await freePorts(1)
  await startNginx(
    t,
    `upstream gate { server ${new URL(service.url).host}; keepalive 1; }
    server {
      listen 127.0.0.1:${port};
      location / { auth_request /_auth; proxy_pass ${new URL(api.url).origin}; }
      location = /_auth {
        internal;
        proxy_pass http://gate/auth;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_pass_request_body off;
      }
    }`,
    port
  )
  const url = `http://127.0.0.1:${port}/any`
  const headers = { authorization: `Bearer ${makeToken(LASTING)}` }
  for (let round = 0; round < 5; round++) {
    const stranger = await send(url, { method: 'POST', body: 'x'.repeat(4000) })
    t.is(stranger.status, 401)
    t.is((await send(url, { headers })).status, 200)
  }
})
