/** `explain` and `schema`. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { runCommand } from '../helpers/command-line.ts'
import { flatConfig } from '../helpers/config-texts.ts'
import { writeConfig } from '../helpers/folder.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

test('explain draws the flat form', async (t) => {
  const file = await writeConfig(t, flatConfig('https://example.com/login'))
  const { code, stdout, stderr } = await runCommand(['explain', file], { env: { ENC_KEY } })
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  t.is(
    stdout,
    `listener main, [::]:8888
  issue /getToken as txtoken
    claims 1: from remote, url https://example.com/login, bearer ***, bearerForm original, clientAddress true, at data
    key: the first that can sign
    lifetime: 1h
    statuses: txtoken
  check /checkToken as txtoken
    verify 1: keys all
    skew: 5s
  health and metrics: /livez /readyz /healthz /metrics

keys
  (no kid): HS256, signs and verifies, secret ***
`
  )
})

test('explain shows the number of workers where it is not one', async (t) => {
  const file = await writeConfig(
    t,
    'workers: auto\nkeys: [{ alg: HS256, secret: "${ENC_KEY}" }]\nroutes: [{ check: /c, verify: [{ keys: all }] }]\n'
  )
  const { stdout } = await runCommand(['explain', file], { env: { ENC_KEY } })
  t.true(stdout.startsWith('workers: auto\n\nlistener main,'), stdout)
})

const FULL = `
issuer: https://tokens.example.com
listen: { admin: { port: 9999 }, tokens: { port: 7000, host: 127.0.0.1 } }
keys:
  - { kid: main, alg: ES256, generate: { dir: keys } }
  - { kid: partner, alg: RS256, jwksUrl: 'https://partner.example.com/jwks.json', publish: false }
routes:
  - issue: /issue/{mac}
    on: tokens
    auth: { apiKeys: [ '\${ENC_KEY}', { env: ENC_KEY } ] }
    claims:
      - { from: fixed, set: { capabilities: [ 'a', 'b' ], trust: { level: 3 } } }
      - { from: remote, url: 'https://example.com', at: data, timeout: 2s }
    key: main
    lifetime: 15m
  - claims: /claims
    on: tokens
  - check: /check
    verify: [ { keys: [ main, partner ] } ]
  - keys: /keys
`

test('explain draws every listener with its routes, steps and settings, and the keys', async (t) => {
  const file = await writeConfig(t, FULL)
  const { stdout } = await runCommand(['explain', file], { env: { ENC_KEY } })
  t.is(
    stdout,
    `listener main, [::]:8888
  check /check as txtoken
    verify 1: keys [main, partner]
  keys /keys
  public keys: /.well-known/jwks.json /.well-known/openid-configuration

listener admin, 127.0.0.1:9999
  health and metrics: /livez /readyz /healthz /metrics

listener tokens, 127.0.0.1:7000
  issue /issue/{mac} as txtoken
    claims 1: from fixed, set { capabilities [a, b], trust { level 3 } }
    claims 2: from remote, url https://example.com, at data, timeout 2s
    key: main
    lifetime: 15m
    auth: apiKeys [***, { env ENC_KEY }]
  claims /claims

keys
  main: ES256, signs and verifies, generate { dir keys }
  partner: RS256, verifies, and signs if it is private, publish false, jwksUrl https://partner.example.com/jwks.json
`
  )
})

test('schema prints the JSON Schema that the package has', async (t) => {
  const { code, stdout } = await runCommand(['schema'])
  t.is(code, 0)
  t.is(stdout, readFileSync('config.schema.json', 'utf8'))
})

test('explain draws TLS, and a service without keys', async (t) => {
  const authority = createAuthority()
  const { cert, key } = authority.issue()
  const tls = { cert, key, clientCa: authority.cert, clientCertificate: 'request' }
  const listen = { main: { tls: { cert, key } }, mutual: { port: 8443, tls } }
  const routes = ['main', 'mutual'].map((on) => ({
    claims: '/claims',
    on,
    sources: [{ from: 'fixed', set: { a: 1 } }]
  }))
  const file = await writeConfig(t, JSON.stringify({ listen, routes }))
  const { stdout } = await runCommand(['explain', file])
  t.is(
    stdout,
    `listener main, [::]:8888, TLS
  claims /claims
    sources 1: from fixed, set { a 1 }
  health and metrics: /livez /readyz /healthz /metrics

listener mutual, [::]:8443, TLS, certificates: request
  claims /claims
    sources 1: from fixed, set { a 1 }
`
  )
})

test('explain draws headers, public keys, the page of the routes and the store beside the routes', async (t) => {
  const responseHeaders = { 'X-Served-By': 'tokens' }
  const trustedProxies = ['10.0.0.0/8', 'unix']
  const config = {
    listen: { main: {}, admin: {}, keys: { port: 6500, trustedProxies, responseHeaders } },
    docs: true,
    keys: [
      { alg: 'HS256', secret: ENC_KEY },
      { kid: 'a', alg: 'ES256', generate: { dir: 'a' } }
    ],
    revocation: { store: 'redis://:n0body-may-read@redis:6379/0', skew: '30s' },
    routes: [
      { check: '/checkToken', verify: [{ keys: 'all' }] },
      { keys: '/keys', on: 'keys' },
      { revoke: '/revoke' }
    ]
  }
  const file = await writeConfig(t, JSON.stringify(config))
  const { stdout } = await runCommand(['explain', file])
  t.false(stdout.includes('n0body'))
  const blocks = stdout.split('\n\n')
  const lines = (begin: string) =>
    blocks.find((block) => block.startsWith(begin))?.split('\n') ?? []
  const published = '  public keys: /.well-known/jwks.json'
  const page = '  these routes: /openapi.json /docs'
  t.true([published, page].every((line) => lines('listener main').includes(line)))
  t.deepEqual(lines('listener admin').slice(1, 2), ['  revoke /revoke'])
  t.deepEqual(lines('listener keys'), [
    'listener keys, [::]:6500',
    '  trusted proxies: 10.0.0.0/8 unix',
    '  each answer: X-Served-By tokens',
    '  keys /keys',
    published,
    page
  ])
  t.deepEqual(lines('revocation'), ['revocation', '  store: redis, skew 30s', ''])
})

test('explain shows the origins whose pages may call a listener, and what gates do with preflights', async (t) => {
  const file = await writeConfig(
    t,
    'listen: { main: { cors: { origins: ["https://*.example.com"], credentials: true } }, gate: { port: 1 } }\n' +
      'keys: [{ alg: HS256, secret: "${ENC_KEY}" }]\nroutes:\n' +
      '  - { issue: /login, claims: [{ from: fixed, set: {} }], cookie: { name: token } }\n  - { logout: /logout }\n' +
      '  - { check: /c, on: gate, protocol: forward-auth, preflight: allow, verify: [{ keys: all }] }\n'
  )
  const { stdout } = await runCommand(['explain', file], { env: { ENC_KEY } })
  const lines = stdout.split('\n')
  t.true(
    lines.includes(
      '  cors: origins [https://*.example.com], credentials true, headers [], maxAge 600'
    ),
    stdout
  )
  t.true(lines.includes('  logout /logout'))
  t.true(lines.includes('    preflight: allow'))
})
