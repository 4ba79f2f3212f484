/** The example of a gateway, with nginx: tests of nginx alone, or of the service behind any gateway. See gateways.test.ts. @needs curl */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parse as parseYaml } from 'yaml'
import { findCode, readCodeBlocks } from '../helpers/documentation.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { send } from '../helpers/http.ts'
import { startNginx } from '../helpers/nginx.ts'
import { compareCommands } from '../helpers/page-commands.ts'
import { runService, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const ISSUER = 'https://tokens.example.com'
const SOON = Math.floor(Date.now() / 1000) + 600

function read(name: string): string {
  return readFileSync(new URL(`../../examples/${name}`, import.meta.url), 'utf8')
}

/** Passes connections on to a port, and counts them. */
async function startCounter(t: ExecutionContext, port: number) {
  const sockets: Socket[] = []
  let count = 0
  const server = createServer((client) => {
    count++
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.push(socket)
      socket.on('error', () => {})
    }
    client.pipe(upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, count: () => count }
}

async function startGateway(
  t: ExecutionContext,
  config = read('gateway.yml'),
  change = (nginx: string) => nginx
) {
  const loginApi = await startRemote(
    t,
    replying('{"email":"ada@example.com","roles":["admin","a,b"]}')
  )
  const api = await startRemote(t, replying('{"answer":42}'))
  const service = await runService(t, config, {
    ENC_KEY,
    REMOTE: loginApi.url,
    PORT: '0',
    GATE_PORT: '0'
  })
  const gate = await startCounter(t, Number(new URL(await urlOf(service, 'gate')).port))
  const [port = 0] = await freePorts(1)
  const http = change(read('gateway/nginx.conf'))
    .replace('127.0.0.1:8890', `127.0.0.1:${gate.port}`)
    .replace('127.0.0.1:8000', `127.0.0.1:${port}`)
    .replace('127.0.0.1:8080', new URL(api.url).host)
  const complaints = await startNginx(t, http, port)
  const issued = await fetch(`${service.url}/getToken`, { method: 'POST', body: '{}' })
  const { token } = (await issued.json()) as { token: string }
  return { service, api, gate, token, complaints, url: `http://127.0.0.1:${port}` }
}

function bearing(token: string, headers: Record<string, string> = {}) {
  return { headers: { authorization: `Bearer ${token}`, ...headers } }
}

test('a request with a valid token reaches the API, with the claims in headers and without the token', async (t) => {
  const { url, api, token, complaints } = await startGateway(t)
  const request = { method: 'PUT', body: 'a body', ...bearing(token) }
  const answer = await send(`${url}/orders/7?a=b`, request)
  t.is(answer.status, 200)
  t.is(answer.text, '{"answer":42}')
  const [seen] = api.requests
  t.like(seen, { method: 'PUT', url: '/orders/7?a=b' })
  t.is(seen?.body.toString(), 'a body')
  t.is(seen?.headers['x-auth-user'], 'ada@example.com')
  t.is(seen?.headers['x-auth-groups'], 'admin,a%2Cb')
  t.is(seen?.headers.authorization, undefined)
  t.is(complaints(), '')
})

test('nginx sends browsers to a login page, by the lines on the page', async (t) => {
  const [lines = ''] = findCode('docs/examples/gateway.md', 'Browsers', 'nginx')
  const [, errorPage = ''] = /(error_page .*;)/.exec(lines) ?? []
  const [, locations = ''] = /\n}\n(location @login[\s\S]*)location \/login/.exec(lines) ?? []
  const { url, api, token } = await startGateway(t, undefined, (nginx) =>
    nginx
      .replace('auth_request /_auth;', `$&\n${errorPage}`)
      .replace('location = /_auth', `${locations}\n$&`)
  )
  const denied = await send(`${url}/orders/7?a=b`)
  t.is(denied.status, 302)
  t.is(denied.headers.location, `${url}/login?from=/orders/7?a=b`)
  t.is(api.requests.length, 0)
  t.is((await send(`${url}/orders`, bearing(token))).status, 200)
})

test('a request without a valid token does not reach the API, and gets the reason', async (t) => {
  const { url, api, token } = await startGateway(t)
  const sign = (claims: object) =>
    makeToken(JSON.stringify({ iss: ISSUER, aud: 'orders', ...claims }))
  const error = (description: string) =>
    `Bearer error="invalid_token", error_description="${description}"`
  for (const [request, challenge] of [
    [{}, 'Bearer'],
    [bearing(`${token}x`), error('signature is invalid')],
    [bearing(sign({ exp: 1 })), error('Token is expired')],
    [bearing(sign({})), error('Token has no exp')],
    [bearing(sign({ exp: SOON, aud: 'other' })), error('Token is for another audience')],
    [
      bearing(sign({ exp: SOON, iss: undefined })),
      error('Token is signed with a key or an algorithm that is not accepted')
    ]
  ] as const) {
    const answer = await send(`${url}/orders`, request)
    t.is(answer.status, 401, challenge)
    t.is(answer.headers['www-authenticate'], challenge)
  }
  t.is((await send(`${url}/_auth`, bearing(token))).status, 404)
  t.deepEqual(api.requests, [])
})

test('a request with a token that lacks rights gets 403 and does not reach the API', async (t) => {
  const config = read('gateway.yml').replace('audience: orders', '$&\n      scopes: [orders.write]')
  const { url, api, token } = await startGateway(t, config)
  t.is((await send(`${url}/orders`, bearing(token))).status, 403)
  t.deepEqual(api.requests, [])
})

test('claims with line ends cannot inject a header', async (t) => {
  const { url, api } = await startGateway(t)
  const data = { email: 'ada\r\nX-Auth-Groups: admin', roles: ['a\nb', 'Zoë'] }
  const token = makeToken(JSON.stringify({ iss: ISSUER, aud: 'orders', exp: SOON, data }))
  t.is((await send(`${url}/orders`, bearing(token))).status, 200)
  t.is(api.requests[0]?.headers['x-auth-user'], 'ada%0D%0AX-Auth-Groups:%20admin')
  t.is(api.requests[0]?.headers['x-auth-groups'], 'a%0Ab,Zo%C3%AB')
})

test('many requests are checked over one connection', async (t) => {
  const { url, api, gate, token } = await startGateway(t)
  for (let count = 0; count < 20; count++) {
    const request = count % 2 === 0 ? bearing(token) : {}
    t.is(
      (await send(`${url}/orders`, { method: 'POST', body: 'x', ...request })).status,
      count % 2 === 0 ? 200 : 401
    )
  }
  t.is(api.requests.length, 10)
  t.is(gate.count(), 1)
})

test('the commands of the page print what is shown below them', async (t) => {
  // The page leaves reloading nginx to the reader; it starts all else itself, on its own ports.
  const free = await freePorts(5)
  const place = (text: string) =>
    [8888, 8889, 8890, 8000, 8080].reduce(
      (placed, port, index) => placed.replaceAll(String(port), String(free[index])),
      text
    )
  await startNginx(t, place(read('gateway/nginx.conf')), free[3] ?? 0)
  const cwd = await createTemporaryFolder(t)
  await mkdir(join(cwd, 'examples'))
  await writeFile(join(cwd, 'examples/gateway.yml'), place(read('gateway.yml')))
  await symlink(join(import.meta.dirname, '../../dist'), join(cwd, 'dist'))
  const commands = readCodeBlocks('docs/examples/gateway.md').filter(
    ({ heading }) => heading === 'Try it'
  )
  await compareCommands(t, commands, {
    cwd,
    place: (command) =>
      place(command)
        .replace('demo-login-api', `demo-login-api --port ${free[1]}`)
        .replaceAll(/main\.js.*(?= &$)/gm, '$& > /dev/null')
        .replace(
          /^sudo .*$/m,
          `until curl -s http://127.0.0.1:${free[4]} > /dev/null; do sleep 0.1; done`
        )
  })
})

/** The settings of the example route that concern the gateway. */
function readRoute() {
  const { listen, routes } = parseYaml(read('gateway.yml').replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'))
  const route = routes.find((one: object) => 'check' in one)
  return {
    address: `127.0.0.1:${listen.gate.port}`,
    path: route.check,
    headers: Object.keys(route.headers)
  }
}

/** All ways to write a name with one of these characters in the place of each hyphen. */
function spell(name: string): string[] {
  const [first = '', ...rest] = name.split('-')
  return rest.reduce(
    (before, part) => before.flatMap((text) => ['-', '_', '.'].map((by) => text + by + part)),
    [first]
  )
}

test('the file for Traefik calls the route of the example, passes all its headers, and removes client headers that are spelled like them', (t) => {
  const { address, path, headers } = readRoute()
  const { routers, middlewares, services } = parseYaml(read('gateway/traefik.yml')).http
  const { forwardAuth } = middlewares.txtoken
  t.is(forwardAuth.address, `http://${address}${path}`)
  t.deepEqual(forwardAuth.authResponseHeaders, headers)
  t.deepEqual(forwardAuth.authRequestHeaders, [
    'Authorization',
    'Sec-WebSocket-Protocol',
    'Access-Control-Request-Method'
  ])
  t.is(forwardAuth.trustForwardHeader, undefined)
  const changesOf = (name: string) => middlewares[name].headers.customRequestHeaders
  t.deepEqual(changesOf('no-token'), { Authorization: '' })
  const aliases = headers.flatMap(spell).filter((name) => !headers.includes(name))
  t.deepEqual(changesOf('no-aliases'), Object.fromEntries(aliases.map((name) => [name, ''])))
  t.deepEqual(changesOf('no-upgrade'), { Upgrade: '' })
  t.deepEqual(changesOf('websocket'), { Upgrade: 'websocket' })
  t.deepEqual(routers.orders.middlewares, ['no-aliases', 'no-upgrade', 'txtoken', 'no-token'])
  t.deepEqual(routers.websockets.middlewares, ['no-aliases', 'websocket', 'txtoken', 'no-token'])
  for (const { service } of [routers.orders, routers.websockets]) t.true(service in services)
})
