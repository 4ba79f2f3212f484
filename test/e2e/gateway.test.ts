/** The example of a gateway: the real nginx asks the service about each request, and an API behind it trusts the headers. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parse as parseYaml } from 'yaml'
import { readCodeBlocks } from '../helpers/documentation.ts'
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

async function startGateway(t: ExecutionContext, config = read('gateway.yml')) {
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
  const http = read('gateway/nginx.conf')
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

test('a request with a good token reaches the API, with the claims in headers and without the token', async (t) => {
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

test('a request without a good token does not reach the API, and is told why', async (t) => {
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

test('a request with a token that is good, but not for this, gets 403 and does not reach the API', async (t) => {
  const config = read('gateway.yml').replace('audience: orders', '$&\n      scopes: [orders.write]')
  const { url, api, token } = await startGateway(t, config)
  t.is((await send(`${url}/orders`, bearing(token))).status, 403)
  t.deepEqual(api.requests, [])
})

test('what the client says under the names of the headers does not reach the API', async (t) => {
  const { url, api, token } = await startGateway(t)
  const spoofed = {
    'x-auth-user': 'root',
    'X-AUTH-GROUPS': 'admin',
    x_auth_user: 'root',
    'x-auth_groups': 'admin'
  }
  t.is((await send(`${url}/orders`, bearing(token, spoofed))).status, 200)
  const nameless = makeToken(JSON.stringify({ iss: ISSUER, aud: 'orders', exp: SOON }))
  t.is((await send(`${url}/orders`, bearing(nameless, spoofed))).status, 200)
  t.is((await send(`${url}/orders`, { headers: spoofed })).status, 401)

  const said = api.requests.map(({ headers }) =>
    Object.entries(headers).filter(([name]) => /auth/i.test(name))
  )
  t.deepEqual(said, [
    [
      ['x-auth-user', 'ada@example.com'],
      ['x-auth-groups', 'admin,a%2Cb']
    ],
    []
  ])
})

test('claims that would make a header of their own stay where they are', async (t) => {
  const { url, api } = await startGateway(t)
  const data = { email: 'ada\r\nX-Auth-Groups: admin', roles: ['a\nb', 'Zoë'] }
  const token = makeToken(JSON.stringify({ iss: ISSUER, aud: 'orders', exp: SOON, data }))
  t.is((await send(`${url}/orders`, bearing(token))).status, 200)
  t.is(api.requests[0]?.headers['x-auth-user'], 'ada%0D%0AX-Auth-Groups:%20admin')
  t.is(api.requests[0]?.headers['x-auth-groups'], 'a%0Ab,Zo%C3%AB')
})

test('many requests are asked about on one connection', async (t) => {
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

test('while the service is down nothing reaches the API', async (t) => {
  const { url, api, token, service } = await startGateway(t)
  service.process.kill('SIGKILL')
  await service.exit()
  t.is((await send(`${url}/orders`, bearing(token))).status, 500)
  t.deepEqual(api.requests, [])
})

test('the commands of the page print what stands below them', async (t) => {
  // The page leaves it to the reader to reload nginx; all else it starts itself, on ports of its choice.
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

/** What the route of the example says of the gateway's business. */
function readRoute() {
  const { listen, routes } = parseYaml(read('gateway.yml').replaceAll(/\$\{\w+:-([^}]*)\}/g, '$1'))
  const route = routes.find((one: object) => 'check' in one)
  return {
    address: `127.0.0.1:${listen.gate.port}`,
    path: route.check,
    headers: Object.keys(route.headers)
  }
}

test('the file for Traefik asks the route of the example, and takes over all its headers', (t) => {
  const { address, path, headers } = readRoute()
  const { routers, middlewares, services } = parseYaml(read('gateway/traefik.yml')).http
  const { forwardAuth } = middlewares.txtoken
  t.is(forwardAuth.address, `http://${address}${path}`)
  t.deepEqual(forwardAuth.authResponseHeaders, headers)
  t.deepEqual(forwardAuth.authRequestHeaders, ['Authorization'])
  t.deepEqual(middlewares['no-token'].headers.customRequestHeaders, { Authorization: '' })
  t.deepEqual(routers.orders.middlewares, ['txtoken', 'no-token'])
  t.true(routers.orders.service in services)
})

test('the file for Envoy asks the route of the example, takes over all its headers, and is closed', (t) => {
  const { address, path, headers } = readRoute()
  const { listeners, clusters } = parseYaml(read('gateway/envoy.yml')).static_resources
  const { http_filters, route_config } = listeners[0].filter_chains[0].filters[0].typed_config
  const [authorization, router] = http_filters
  t.is(authorization.name, 'envoy.filters.http.ext_authz')
  t.is(router.name, 'envoy.filters.http.router')
  const { failure_mode_allow, http_service } = authorization.typed_config
  t.is(failure_mode_allow, false)
  t.is(http_service.path_prefix, path)
  t.is(http_service.server_uri.uri, `http://${address}`)
  const { allowed_upstream_headers: allowed } = http_service.authorization_response
  t.deepEqual(
    allowed.patterns.map(({ exact }: { exact: string }) => exact),
    headers.map((name) => name.toLowerCase())
  )
  t.deepEqual(route_config.virtual_hosts[0].request_headers_to_remove, ['authorization'])
  const cluster = clusters.find(
    ({ name }: { name: string }) => name === http_service.server_uri.cluster
  )
  const { socket_address } = cluster.load_assignment.endpoints[0].lb_endpoints[0].endpoint.address
  t.is(`${socket_address.address}:${socket_address.port_value}`, address)
})
