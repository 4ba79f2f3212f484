/** `check-config`: what is wrong, the full form, and what can be reached. */
import test from 'ava'
import { parse as parseYaml } from 'yaml'
import { findAddresses } from '../../src/cli/probes/probe.ts'
import { formatPath } from '../../src/settings/problem.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { runCommand } from '../helpers/command-line.ts'
import { parse } from '../helpers/config.ts'
import { flatConfig, fullConfig } from '../helpers/config-texts.ts'
import { writeConfig } from '../helpers/folder.ts'
import { startJwksServer } from '../helpers/jwks-server.ts'
import { generateKeys, toJwk } from '../helpers/keys.ts'
import { probeUrl } from '../helpers/probe.ts'
import { refusingUrl, replying, startRawRemote, startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const check = (file: string, ...options: string[]) =>
  runCommand(['check-config', file, ...options], { env: { ENC_KEY } })

test('a good configuration is said to be good, also where CFG_FILE names it', async (t) => {
  const file = await writeConfig(t, flatConfig('https://example.com'))
  t.deepEqual(await check(file), { code: 0, stdout: `${file} is good\n`, stderr: '' })
  const named = await runCommand(['check-config'], { env: { ENC_KEY, CFG_FILE: file } })
  t.deepEqual(named, { code: 0, stdout: `${file} is good\n`, stderr: '' })
})

test('every problem is told, to programs too', async (t) => {
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
  t.is(printed.keys[0].secret, '***')
  t.is(printed.routes[0].claims[0].bearer, '***')
  t.is(printed.timeouts.keepAlive, '72s')
  t.is(printed.routes[0].lifetime, '1h')
  printed.keys[0].secret = ENC_KEY
  printed.routes[0].claims[0].bearer = { authorization: 'internal' }
  t.deepEqual(parse(printed), parse(flatConfig('https://example.com/login'), { env: { ENC_KEY } }))
  const json = JSON.parse((await check(file, '--print', '--json')).stdout)
  t.is(json.fullForm.keys[0].secret, '***')
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
    `ok     keys[1].jwksUrl ${jwks.url}: a JWK Set with 1 key`,
    `ok     routes[0].claims[0].url ${remote.url}: answers HTTP, status 405 to HEAD`,
    ''
  ])
  t.deepEqual(
    remote.requests.map(({ method, headers }) => [method, headers.authorization]),
    [['HEAD', undefined]]
  )
})

test('--probe fails where something is not reached, and tells what', async (t) => {
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

test('TLS is that of the setting beside the address', async (t) => {
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
  t.regex(distrusting.found, /certificate/)
})

test('one address is probed once, and a name that is a URL is not', (t) => {
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

test('every kind of setting that names an address is probed as what it is', (t) => {
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

test('who takes connections and says nothing is not waited for', async (t) => {
  const { url } = await startRawRemote(t, () => {})
  for (const kind of ['http', 'redis'] as const) {
    const address = url.replace('http:', `${kind}:`)
    const result = await probeUrl(kind, address, { deadlineMs: 50 })
    t.like(result, { reached: false, found: 'no answer within 50 ms' })
  }
})
