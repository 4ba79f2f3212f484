/** `check-config`: problems, the full form, and probes. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { parse as parseYaml } from 'yaml'
import { findAddresses } from '../../src/cli/probes/probe.ts'
import { formatPath } from '../../src/settings/problem.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { runCommand } from '../helpers/command-line.ts'
import { parse } from '../helpers/config.ts'
import { flatConfig, fullConfig } from '../helpers/config-texts.ts'
import { writeConfig, writeFiles } from '../helpers/folder.ts'
import { startJwksServer } from '../helpers/jwks-server.ts'
import { generateKeys, toJwk } from '../helpers/keys.ts'
import { probeConfig, probeUrl } from '../helpers/probe.ts'
import { refusingUrl, replying, startRawRemote, startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const check = (file: string, ...options: string[]) =>
  runCommand(['check-config', file, ...options], { env: { ENC_KEY } })

test('a good configuration is reported as good, also where CFG_FILE names it', async (t) => {
  const file = await writeConfig(t, flatConfig('https://example.com'))
  t.deepEqual(await check(file), { code: 0, stdout: `${file} is good\n`, stderr: '' })
  const named = await runCommand(['check-config'], { env: { ENC_KEY, CFG_FILE: file } })
  t.deepEqual(named, { code: 0, stdout: `${file} is good\n`, stderr: '' })
})

test('every problem is reported, with --json for programs', async (t) => {
  const file = await writeConfig(t, flatConfig('nowhere', { prot: 1, expHours: -1 }))
  const { code, stdout, stderr } = await check(file)
  t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
  t.regex(stderr, /^txtoken check-config: 3 problems in /)
  const json = await check(file, '--json')
  t.deepEqual({ code: json.code, stderr: json.stderr }, { code: 1, stderr: '' })
  const { valid, problems } = JSON.parse(json.stdout)
  t.false(valid)
  t.deepEqual(problems.map(({ path }: { path: string }) => path).toSorted(), [
    'expHours',
    'prot',
    'remote'
  ])
  t.true(problems.every(({ line }: { line: number }) => line > 0))
})

test('--print writes a full form that means the same, without its secrets', async (t) => {
  const file = await writeConfig(t, flatConfig('https://example.com/login'))
  const { code, stdout, stderr } = await check(file, '--print')
  t.deepEqual({ code, stderr }, { code: 0, stderr: `${file} is good\n` })
  t.false(stdout.includes(ENC_KEY))
  t.false(stdout.includes('internal'))
  const printed = parseYaml(stdout)
  t.is(printed.keys[0].secret, '${ENC_KEY}')
  t.is(printed.routes[0].claims[0].bearer, '***')
  t.is(printed.timeouts.keepAlive, '72s')
  t.is(printed.routes[0].lifetime, '1h')
  printed.routes[0].claims[0].bearer = { authorization: 'internal' }
  const env = { ENC_KEY }
  t.deepEqual(parse(printed, { env }), parse(flatConfig('https://example.com/login'), { env }))
  const json = JSON.parse((await check(file, '--print', '--json')).stdout)
  t.is(json.fullForm.keys[0].secret, '${ENC_KEY}')
})

test('--print of a configuration with its secrets in variables starts as it is', async (t) => {
  const apiKeys = [
    '${ENC_KEY}',
    '${UNSET:-a-default-that-may-be-a-secret}',
    `not-to-be-shown-${ENC_KEY}`
  ]
  const forms: [object, (string | null)[]][] = [
    [{ encKey: '${ENC_KEY}', remote: 'https://a' }, ['${ENC_KEY}', null]],
    [
      { encKey: { env: 'ENC_KEY' }, remote: 'https://a', requestTokenData: '${DATA}' },
      [{ env: 'ENC_KEY' } as never, '${DATA}']
    ]
  ]
  const env = { ENC_KEY, DATA: '{"a":1}' }
  for (const [form, shown] of forms) {
    const file = await writeConfig(t, JSON.stringify(form))
    const { stdout } = await runCommand(['check-config', file, '--print'], { env })
    const { keys, routes } = parseYaml(stdout)
    t.deepEqual([keys[0].secret, routes[0].claims[0].bearer], shown)
    t.deepEqual(parse(stdout, { env }), parse(form, { env }))
  }
  const file = await writeConfig(t, fullConfig('https://a', { issue: { auth: { apiKeys } } }))
  const { routes } = parseYaml((await check(file, '--print')).stdout)
  t.deepEqual(routes[0].auth.apiKeys, ['${ENC_KEY}', '***', '***'])
})

test('--probe reaches remotes and JWK Sets, and sends them no credentials', async (t) => {
  const remote = await startRemote(t, replying('{}', 405))
  const jwk = toJwk(generateKeys('RS256').verifying, { kid: 'k1', alg: 'RS256' })
  const jwks = await startJwksServer(t, { body: { keys: [jwk] } })
  const config = fullConfig(remote.url, {
    more: {
      keys: [
        { alg: 'HS256', secret: ENC_KEY },
        { kid: 'k1', alg: 'RS256', jwksUrl: jwks.url, allowHttp: true }
      ]
    }
  })
  const file = await writeConfig(t, config)
  const { code, stdout, stderr } = await check(file, '--probe')
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  t.deepEqual(stdout.split('\n'), [
    `${file} is good`,
    `ok     keys[1].jwksUrl ${jwks.url}: a JWK Set with 1 key, 1 of them usable`,
    `ok     routes[0].claims[0].url ${remote.url}: answers HTTP, status 405 to HEAD`,
    ''
  ])
  t.deepEqual(
    remote.requests.map(({ method, headers }) => [method, headers.authorization]),
    [['HEAD', undefined]]
  )
})

test('--probe fails and names what it could not reach', async (t) => {
  const url = await refusingUrl(t)
  const file = await writeConfig(t, flatConfig(`${url}?token=secret`))
  const { code, stdout } = await check(file, '--probe')
  t.is(code, 1)
  t.regex(
    stdout,
    /failed routes\[0\]\.claims\[0\]\.url http:\/\/127\.0\.0\.1:\d+\/login: connect ECONNREFUSED/
  )
  t.false(stdout.includes('secret'))
  const json = await check(file, '--probe', '--json')
  t.is(json.code, 1)
  const [result] = JSON.parse(json.stdout).probes
  t.like(result, { setting: 'routes[0].claims[0].url', address: url, reached: false })
})

const statuses: [number, boolean, string][] = [
  [200, true, ''],
  [401, true, ''],
  [405, true, ''],
  [501, true, ''],
  [404, true, ': is the path right? A route for POST alone may answer so'],
  [302, false, ': no redirect is followed, expected the last URL'],
  [308, false, ': no redirect is followed, expected the last URL'],
  [500, false, ': the server fails, and logins would'],
  [503, false, ': the server fails, and logins would']
]

for (const [status, reached, advice] of statuses) {
  test(`a remote that answers ${status} is ${reached ? 'reached' : 'one that no login works with'}`, async (t) => {
    const { url } = await startRemote(t, replying('{}', status))
    t.like(await probeUrl('http', url), {
      reached,
      found: `answers HTTP, status ${status} to HEAD${advice}`
    })
  })
}

test('a failed TLS handshake is reported in one line', async (t) => {
  // The alert handshake_failure (RFC 8446, section 6).
  const alert = Buffer.from('15030300020228', 'hex')
  const { url } = await startRawRemote(t, (socket) => socket.end(alert))
  for (const kind of ['http', 'jwks'] as const) {
    const { found } = await probeUrl(kind, url.replace('http:', 'https:'))
    t.regex(found, /handshake failure\S*$/)
    t.notRegex(found, /SSL routines|error:/)
  }
})

test('https:// for a port without TLS is reported, and so is the reverse', async (t) => {
  const plain = await startRemote(t, replying('{}'))
  t.like(await probeUrl('http', plain.url.replace('http:', 'https:')), {
    reached: false,
    found: 'the server does not use TLS on this port: expected http:// in the URL, or another port'
  })
  const { host } = new URL(plain.url)
  t.like(await probeUrl('ldap', `ldaps://${host}`), {
    reached: false,
    found: 'the server does not use TLS on this port: expected ldap:// in the URL, or another port'
  })
  const [redis] = await probeConfig({
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    revocation: { store: `rediss://${host}` },
    routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
  })
  t.like(redis, {
    reached: false,
    found: 'the server does not use TLS on this port: expected redis:// in the URL, or another port'
  })
  const secure = await startRemote(t, replying('{}'), createAuthority().issue())
  t.like(await probeUrl('http', secure.url.replace('https:', 'http:')), {
    reached: false,
    found: 'the server uses TLS on this port: expected https:// in the URL'
  })
  const silent = await startRawRemote(t, (socket) => socket.destroy())
  t.like(await probeUrl('http', silent.url), { reached: false, found: 'socket hang up' })
})

test('--probe counts the keys of a JWK Set that each verifier could use, and fails without any', async (t) => {
  const rsa = generateKeys('RS256').verifying
  const enc = toJwk(generateKeys('RS256').verifying, { kid: 'enc', use: 'enc' })
  const jwks = await startJwksServer(t, { body: { keys: [toJwk(rsa, { kid: 'a' }), enc] } })
  const verifier = (algorithms: string[]) => ({
    jwks: jwks.url,
    issuer: 'https://issuer.example.com',
    algorithms,
    allowHttp: true
  })
  const results = await probeConfig({
    routes: [
      { check: '/a', verify: [verifier(['RS256', 'RS384', 'RS512'])] },
      { check: '/b', verify: [verifier(['ES256'])] },
      { check: '/same', verify: [verifier(['RS256', 'RS384', 'RS512'])] }
    ]
  })
  t.deepEqual(
    results.map(({ setting, reached, found }) => ({ setting, reached, found })),
    [
      {
        setting: 'routes[0].verify[0].jwks',
        reached: true,
        found:
          'a JWK Set with 2 keys, 1 of them usable; keys[1]: found a JWK with the use "enc", expected sig'
      },
      {
        setting: 'routes[1].verify[0].jwks',
        reached: false,
        found:
          'a JWK Set with 2 keys, 0 of them usable; keys[0]: found an RSA key of 2048 bits, expected an EC key on the curve P-256 for ES256; keys[1]: found a JWK with the use "enc", expected sig'
      }
    ]
  )
})

test('the TLS settings beside an address are used for it', async (t) => {
  const authority = createAuthority()
  const server = authority.issue()
  const client = authority.issue({ use: 'client' })
  const options = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true }
  const { url } = await startRemote(t, replying('{}'), options)
  const tls = { ca: authority.cert, cert: client.cert, key: client.key }
  const trusting = await probeUrl('http', url, { tls })
  t.like(trusting, { reached: true, found: 'answers HTTP, status 200 to HEAD' })
  const unknown = await probeUrl('http', url, { tls: { ca: authority.cert } })
  t.is(unknown.reached, false)
  const distrusting = await probeUrl('http', url)
  t.like(distrusting, { reached: false })
  t.regex(distrusting.found, /certificate[a-z ]*: expected its authority in tls: \{ ca \}$/)
})

test('an address is probed once, and an issuer that is a URL is not', (t) => {
  const source = { from: 'remote', url: 'https://a.example.com' }
  const addresses = findAddresses(
    parse({
      issuer: 'https://tokens.example.com',
      keys: [{ kid: 'k', alg: 'HS256', secret: ENC_KEY }],
      routes: [
        { issue: '/a', claims: [source, source] },
        { issue: '/b', claims: [{ ...source, tls: { ca: createAuthority().cert } }] },
        {
          check: '/c',
          verify: [
            { keys: ['k'], issuer: 'https://c.example.com' },
            { endpoint: 'https://b.example.com' }
          ]
        }
      ]
    })
  )
  t.deepEqual(
    addresses.map(({ setting }) => formatPath(setting)),
    ['routes[0].claims[0].url', 'routes[1].claims[0].url', 'routes[2].verify[1].endpoint']
  )
})

test('every kind of setting with an address is probed by its own protocol', (t) => {
  const remote = { from: 'remote', url: 'https://remote.example.com/{name}' }
  const jwks = 'https://issuer.example.com/jwks.json'
  const endpoint = { endpoint: 'https://endpoint.example.com' }
  const addresses = findAddresses(
    parse({
      keys: [
        { kid: 'own', alg: 'RS256', generate: { dir: 'own' } },
        { kid: 'other', alg: 'RS256', jwksUrl: 'https://keys.example.com/jwks.json' }
      ],
      revocation: { store: 'rediss://user:password@redis.example.com' },
      routes: [
        {
          issue: '/issue',
          claims: [{ from: 'remote', url: 'https://remote.example.com' }],
          refresh: { route: '/refresh', recheck: 'https://recheck.example.com' }
        },
        {
          issue: '/krakend/{name}',
          protocol: 'krakend',
          claims: [remote],
          sign: ['a'],
          lifetime: '1h'
        },
        {
          issue: '/recipe/jwt',
          protocol: 'supertokens',
          auth: 'none',
          key: 'own',
          dynamicKey: 'own',
          claims: [{ from: 'remote', url: 'https://supertokens.example.com' }]
        },
        { claims: '/claims', sources: [{ from: 'remote', url: 'https://claims.example.com' }] },
        {
          check: '/check',
          verify: [{ jwks, issuer: 'https://issuer.example.com', algorithms: ['RS256'] }, endpoint],
          groups: [
            { from: 'token', claim: 'groups' },
            { from: 'endpoint', url: 'https://groups.example.com/{sub}' },
            {
              from: 'ldap',
              url: 'ldaps://directory.example.com',
              base: 'dc=example',
              filter: '(uid={sub})',
              attribute: 'memberOf'
            }
          ]
        },
        { revoke: '/revoke', verify: [{ endpoint: 'https://revoke.example.com' }] },
        { keys: '/keys' },
        { health: '/health' },
        { metrics: '/numbers' }
      ]
    })
  )
  t.deepEqual(
    addresses.map(({ setting, url, kind }) => `${kind} ${formatPath(setting)} ${url.host}`),
    [
      'directory keys[0].generate.dir ',
      'jwks keys[1].jwksUrl keys.example.com',
      'redis revocation.store redis.example.com:6379',
      'http routes[0].claims[0].url remote.example.com',
      'http routes[0].refresh.recheck recheck.example.com',
      'http routes[1].claims[0].url remote.example.com',
      'http routes[2].claims[0].url supertokens.example.com',
      'http routes[3].sources[0].url claims.example.com',
      'jwks routes[4].verify[0].jwks issuer.example.com',
      'http routes[4].verify[1].endpoint endpoint.example.com',
      'http routes[4].groups[1].url groups.example.com',
      'ldap routes[4].groups[2].url directory.example.com',
      'http routes[5].verify[0].endpoint revoke.example.com'
    ]
  )
})

test('--probe checks the directories of generated keys, and leaves nothing there', async (t) => {
  const folder = await writeFiles(t, { file: '' })
  const probeDir = async (dir: string) =>
    (
      await probeConfig({
        keys: [{ alg: 'ES256', generate: { dir } }],
        routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
      })
    )[0]
  const setting = 'keys[0].generate.dir'
  t.deepEqual(await probeDir(folder), {
    setting,
    address: folder,
    reached: true,
    found: 'can be read and written to'
  })
  const missing = await probeDir(join(folder, 'a', 'b'))
  t.like(missing, { reached: true, found: 'is missing, and can be created' })
  t.like(await probeDir(join(folder, 'file')), {
    reached: false,
    found: `${folder}/file: is a file, expected a folder that this user can read and write to`
  })
  t.like(await probeDir(join(folder, 'file', 'keys')), {
    reached: false,
    found: `${folder}/file/keys: a part of the path is not a folder, expected a folder that this user can read and write to`
  })
  t.deepEqual(await readdir(folder), ['file'])
})

test('--probe checks the folder of a file store as that of generated keys', async (t) => {
  const folder = await writeFiles(t, { file: '' })
  const probeStore = async (path: string) =>
    (
      await probeConfig({
        keys: [{ alg: 'HS256', secret: ENC_KEY }],
        revocation: { store: `file:${path}` },
        routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
      })
    )[0]
  t.deepEqual(await probeStore(join(folder, 'revoked')), {
    setting: 'revocation.store',
    address: `file:${folder}/revoked`,
    reached: true,
    found: 'is missing, and can be created'
  })
  t.like(await probeStore(join(folder, 'file')), {
    reached: false,
    found: `${folder}/file: is a file, expected a folder that this user can read and write to`
  })
  t.deepEqual(await readdir(folder), ['file'])
})

test('a remote that answers 404 has a mark of its own, since a good one may', async (t) => {
  const { url } = await startRemote(t, replying('{}', 404))
  const config = { encKey: ENC_KEY, remote: `${url}/login` }
  const folder = await writeFiles(t, { 'txtoken.yml': JSON.stringify(config) })
  const file = join(folder, 'txtoken.yml')
  const { code, stdout } = await check(file, '--probe')
  t.is(code, 0)
  t.regex(stdout, /^\?\? {4} routes\[0\].*status 404 to HEAD: is the path right\?/m)
  const { probes } = JSON.parse((await check(file, '--probe', '--json')).stdout)
  t.like(probes[0], { reached: true, unclear: true })
})

test('a server that accepts connections and stays silent is not waited for', async (t) => {
  const { url } = await startRawRemote(t, () => {})
  const found = 'no answer within 50 ms'
  t.like(await probeUrl('http', url, { deadlineMs: 50 }), { reached: false, found })
  const store = `redis://${new URL(url).host}`
  const config = {
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    revocation: { store },
    routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
  }
  const [redis] = await probeConfig(config, 50)
  t.like(redis, { reached: false, found })
})
