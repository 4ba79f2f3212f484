/** `import`: how settings of other systems are converted; none of them may get lost. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { parse as parseYaml } from 'yaml'
import { formatPath } from '../../src/settings/problem.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { runCommand } from '../helpers/command-line.ts'
import { writeFiles } from '../helpers/folder.ts'
import { generateKeys, toJwk, toPem } from '../helpers/keys.ts'

const SECRET = 'never-to-be-seen-0123456789-abcdef'

interface Case {
  readonly system: string
  readonly settings: Record<string, unknown>
  /** Parts of the expected configuration. */
  readonly expected: readonly [path: string, value: unknown][]
  /** Settings that have to be listed. */
  readonly listed: readonly RegExp[]
}

const cases: Case[] = [
  {
    system: 'krakend',
    settings: {
      version: 3,
      port: 8081,
      listen_ip: '127.0.0.1',
      timeout: '3s',
      endpoints: [
        {
          endpoint: '/token',
          method: 'POST',
          input_headers: ['X-Device'],
          backend: [{ host: ['http://backend.example'], url_pattern: '/login', group: 'user' }],
          extra_config: {
            'auth/signer': {
              alg: 'HS256',
              kid: 'sim2',
              'keys-to-sign': ['access_token', 'refresh_token'],
              jwk_local_path: 'jwk.json',
              full: true,
              typ: 'at+jwt',
              cypher_key: SECRET
            }
          }
        },
        {
          endpoint: '/sign',
          backend: [
            {
              host: ['https://a.example', 'https://b.example'],
              url_pattern: '/sign',
              method: 'POST'
            }
          ],
          timeout: '1m30s',
          extra_config: {
            'github.com/devopsfaith/krakend-jose/signer': {
              alg: 'RS512',
              kid: 'remote',
              keys_to_sign: ['token'],
              jwk_url: 'http://keys.example/jwks.json',
              disable_jwk_security: true
            }
          }
        },
        {
          endpoint: '/orders',
          backend: [{ url_pattern: '/orders' }],
          extra_config: {
            'auth/validator': {
              alg: 'ES256',
              jwk_url: 'https://idp.example/jwks',
              issuer: 'https://idp.example',
              audience: ['orders', 'shop'],
              roles_key: 'https://idp.example/roles',
              roles: ['clerk', 'admin'],
              scopes: ['read'],
              scopes_key: 'scp',
              scopes_matcher: 'all',
              cache: false,
              cache_duration: 600,
              cookie_key: 'jwt',
              auth_header_name: 'X-Token',
              leeway: '5s',
              jwk_fingerprints: ['uS6B0UYdQqNh5v8cUM4LbnP1ShX3vXsZHPr9hxEpZc4='],
              jwk_local_ca: 'ca.pem',
              cipher_suites: [49199, 10],
              propagate_claims: [['sub', 'X-User']],
              operation_debug: true,
              brand_new: SECRET
            }
          }
        },
        { endpoint: '/public', backend: [{ url_pattern: '/public' }] }
      ],
      extra_config: {
        'telemetry/logging': { level: 'DEBUG' },
        'auth/revoker': { N: 10000000, TTL: 1500, token_keys: ['jti'] }
      }
    },
    expected: [
      ['listen.main', { port: 8081, host: '127.0.0.1' }],
      ['keys.0', { kid: 'sim2', alg: 'HS256', jwks: { file: 'jwk.json' } }],
      ['keys.1.allowHttp', true],
      ['routes.0.sign', ['access_token', 'refresh_token']],
      ['routes.0.claims.0.timeout', '3s'],
      ['routes.0.claims.0.forward', ['x-device']],
      ['routes.1.claims.0.url', 'https://a.example/sign'],
      ['routes.1.claims.0.timeout', '90s'],
      ['routes.2.verify.0.refresh', '600s'],
      ['routes.2.verify.0.tls.ciphers', ['ECDHE-RSA-AES128-GCM-SHA256']],
      ['routes.2.token', ['header:X-Token', 'cookie:jwt']],
      ['routes.2.groups.0.claim', 'https://idp\\.example/roles'],
      [
        'routes.2.require',
        {
          audience: 'orders',
          claims: { aud: 'shop' },
          groups: ['clerk', 'admin'],
          scopes: { all: ['read'] }
        }
      ],
      ['routes.2.headers', { 'X-User': 'sub' }]
    ],
    listed: [
      /endpoints\[0\].*cypher_key: decrypt the file first/,
      /endpoints\[1\]\.method: has no equal: the route answers POST/,
      /endpoints\[1\]\.backend\[0\]\.host: has several hosts/,
      /brand_new: unknown to this command, and left out/,
      /cipher_suites: has some without forward secrecy/,
      /auth\/revoker"\]\.N, .*: write `revocation` and a route that revokes by hand/,
      /endpoints\[3\]: has neither a signer nor a validator/
    ]
  },
  {
    system: 'themis',
    settings: {
      servers: {
        key: { address: ':6500', disableHTTPKeepAlives: true },
        issuer: {
          address: '127.0.0.1:6501',
          maxConcurrentRequests: 50,
          header: { 'X-Midt-Server': ['issuer'] },
          tls: {
            certificateFile: 'server.crt',
            keyFile: 'server.key',
            mtls: { clientCACertificateFile: 'ca.pem', disableRequire: true }
          }
        },
        claims: { address: ':6502', readTimeout: '3s' },
        metrics: { address: ':6503' },
        health: { address: ':6504', maxConcurrentRequests: 3 },
        pprof: { address: ':9999' }
      },
      log: { level: 'WARN', encoding: 'json' },
      client: { httpClient: { timeout: '1500ms' } },
      token: {
        alg: 'ES256',
        nonce: true,
        duration: '1h30m',
        notBeforeDelta: '-15s',
        key: { kid: 'k1', file: 'es.pem', bits: 256 },
        clientCertificates: {
          trust: { trusted: 900, noCertificates: 10 },
          untrustedCertChecks: [{ issuerCNRegex: '^Test .*' }, { issuerCNRegex: '[a-z]+' }]
        },
        claims: [
          { key: 'mac', header: 'X-Mac', parameter: 'mac' },
          { key: 'iss', value: 'themis' },
          { key: 'serial', json: '{"Number":7}' },
          { key: 'jti', value: 'mine' }
        ],
        metadata: [{ key: 'id', header: 'X-Mac' }],
        pathWildCards: [
          { key: 'mac', header: 'X-Mac', parameter: 'mac' },
          { key: 'mac', header: 'X-Device' }
        ],
        queryParameters: [{ key: 'format', value: 'json' }],
        remote: { url: 'https://claims.example/{mac}', method: 'PUT' },
        partnerID: { claim: 'partner-id', header: 'X-Partner', default: 'acme', metadata: 'pid' }
      }
    },
    expected: [
      ['listen.issuer.tls.clientCertificate', 'request'],
      ['listen.issuer.responseHeaders', { 'X-Midt-Server': 'issuer' }],
      ['keys', [{ kid: 'k1', alg: 'ES256', private: { file: 'es.pem' } }]],
      ['log.level', 'warn'],
      ['routes.1.limits', { requests: 50 }],
      ['routes.1.lifetime', '90m'],
      ['routes.1.notBefore', '-15s'],
      ['routes.1.jti', true],
      ['routes.1.claims.0', { from: 'request', claim: 'mac', header: 'X-Mac', parameter: 'mac' }],
      ['routes.1.claims.1.take', 'first-of-list'],
      ['routes.1.claims.2.set.iss', 'themis'],
      ['routes.1.claims.3.levels', { trusted: 900, none: 10 }],
      ['routes.1.claims.3.untrustedIssuers', ['Test *']],
      ['routes.1.claims.4.url', 'https://claims.example/{mac}?format={format}'],
      ['routes.1.claims.4.timeout', '1500ms'],
      [
        'routes.1.claims.4.metadata',
        [
          { name: 'id', header: 'X-Mac' },
          { name: 'pid', header: 'X-Partner' },
          { name: 'mac', header: 'X-Device', parameter: 'mac' },
          { name: 'format', value: 'json' }
        ]
      ]
    ],
    listed: [
      /servers\.key\.disableHTTPKeepAlives: connections stay open/,
      /servers\.health\.maxConcurrentRequests: has no equal/,
      /servers\.pprof\.address: there is no profile/,
      /issuerCNRegex: is an expression/,
      /token\.claims\[3\]: has no equal: the service sets this claim itself/,
      /token\.pathWildCards\[0\]\.header: is read no more/,
      /token\.remote\.method: has no equal/
    ]
  },
  {
    system: 'supertokens',
    settings: {
      core_config_version: 0,
      port: 3999,
      host: '127.0.0.1',
      api_keys: `${SECRET},${SECRET}-2`,
      base_path: 'auth/',
      access_token_dynamic_signing_key_update_interval: 24,
      access_token_validity: 3600,
      access_token_signing_key_dynamic: false,
      log_level: 'ERROR',
      postgresql_password: SECRET,
      newest: SECRET
    },
    expected: [
      ['listen.main', { port: 3999, host: '127.0.0.1' }],
      ['log.level', 'error'],
      ['keys.1.generate.rotateEvery', '1d'],
      ['routes.0.issue', '/auth/recipe/jwt'],
      ['routes.0.auth.apiKeys', [{ env: 'API_KEY_1' }, { env: 'API_KEY_2' }]]
    ],
    listed: [
      /the keys of the core are in its database/,
      /api_keys: are secrets and not written out: set .* API_KEY_1, API_KEY_2/,
      /access_token_validity: there are no sessions here/,
      /postgresql_password: there is no database/,
      /newest: unknown to this command, and left out/
    ]
  },
  {
    system: 'okera',
    settings: {
      okera: {
        CEREBRO_JWT_PUBLIC_KEY: 'file://keys/one.pub,s3://bucket/two.pub',
        JWT_ALGORITHM: 'RSA256,RSA512'
      },
      JWT_AUTHENTICATION_SERVER_URL: `http://user:${SECRET}@idp.example/validate`,
      SYSTEM_TOKEN: SECRET,
      LDAP_HOST: 'ldap.example',
      WHATEVER: SECRET
    },
    expected: [
      [
        'keys',
        [
          { alg: 'RSA256', public: { file: 'keys/one.pub' }, publish: false },
          { alg: 'RSA512', public: { file: 'keys/two.pub' }, publish: false }
        ]
      ],
      [
        'routes.0.verify',
        [{ endpoint: 'http://idp.example/validate', allowHttp: true }, { keys: 'all' }]
      ],
      ['routes.0.onRefusal', 'next']
    ],
    listed: [
      /has a file behind s3:\/\//,
      /JWT_AUTHENTICATION_SERVER_URL: has a user name and password/,
      /SYSTEM_TOKEN: the cluster sends this token/,
      /LDAP_HOST: write a source of `groups`/,
      /WHATEVER: unknown to this command, and left out/
    ]
  },
  {
    system: 'txtoken',
    settings: {
      port: 9999,
      debug: true,
      encKey: SECRET,
      remote: 'https://login.example/login',
      expHours: 2,
      getTokenRoute: '/login',
      checkTokenRoute: '/check',
      requestTokenData: { authorization: '${TENANT}' },
      cacheSize: 10
    },
    expected: [
      ['encKey', { env: 'ENC_KEY' }],
      ['remote', 'https://login.example/login'],
      ['requestTokenData', { authorization: '$${TENANT}' }]
    ],
    listed: [
      /encKey: is a secret and not written out: set .* ENC_KEY/,
      /expHours: counts here/,
      /cacheSize: unknown to this command, and left out/
    ]
  }
]

/** Files and variables that the configurations refer to. */
async function writeFolder(t: ExecutionContext): Promise<string> {
  const authority = createAuthority()
  const server = authority.issue()
  const secret = toJwk(generateKeys('HS256').signing, { kid: 'sim2', alg: 'HS256' })
  const folder = await writeFiles(t, {
    'jwk.json': JSON.stringify({ keys: [secret] }),
    'ca.pem': authority.cert,
    'server.crt': server.cert,
    'server.key': server.key,
    'es.pem': toPem(generateKeys('ES256').signing)
  })
  await mkdir(join(folder, 'keys'))
  for (const [name, alg] of [
    ['one', 'RS256'],
    ['two', 'RS512']
  ] as const) {
    await writeFile(join(folder, 'keys', `${name}.pub`), toPem(generateKeys(alg).verifying))
  }
  return folder
}

async function importText(t: ExecutionContext, system: string, text: string) {
  const file = join(await writeFiles(t, { source: text }), 'source')
  const { code, stdout, stderr } = await runCommand(['import', system, file])
  return { code, stdout, stderr: stderr.replaceAll(dirname(file), '') }
}

const importSettings = (t: ExecutionContext, system: string, settings: object) =>
  importText(t, system, JSON.stringify(settings))

const env = { ENC_KEY: SECRET, API_KEY_1: SECRET, API_KEY_2: `${SECRET}-2`, THEMIS_KEY: SECRET }

for (const { system, settings, expected, listed } of cases) {
  test(`${system}: the configuration is good, and settings without an equivalent are listed`, async (t) => {
    const { code, stdout, stderr } = await importSettings(t, system, settings)
    t.is(code, 0)
    const config = parseYaml(stdout, { intAsBigInt: false })
    for (const [path, value] of expected) {
      const found = path.split('.').reduce((part, key) => part?.[key], config)
      t.deepEqual(found, value, path)
    }
    for (const line of listed) t.regex(stderr, line)
    t.notRegex(stderr, /that check-config finds/)
    const file = join(await writeFolder(t), 'txtoken.yml')
    await writeFile(file, stdout)
    const checked = await runCommand(['check-config', file], { env })
    t.is(checked.code, 0, checked.stderr)
  })

  test(`${system}: no secret is written out or listed`, async (t) => {
    const { stdout, stderr } = await importSettings(t, system, settings)
    t.false(stdout.includes(SECRET))
    t.false(stderr.includes(SECRET))
  })

  test(`${system}: each setting is used or listed`, async (t) => {
    const whole = await importSettings(t, system, settings)
    for (const path of leavesOf(settings)) {
      const without = structuredClone(settings)
      remove(without, path)
      // Without it the configuration or the list differs, or the list has its parent.
      const place = formatPath(path.map((key) => (/^\d+$/.test(key) ? Number(key) : key)))
      const isListed = listPlaces(whole.stderr).some((other) => place.startsWith(other))
      const found = await importSettings(t, system, without)
      const isUsed = found.stdout !== whole.stdout || found.stderr !== whole.stderr
      t.true(isListed || isUsed, place)
    }
  })
}

function listPlaces(stderr: string): string[] {
  return [...stderr.matchAll(/^ {2}- ((?:\S+, )*\S+): /gm)].flatMap(([, places = '']) =>
    places.split(', ')
  )
}

type Path = readonly string[]

function leavesOf(value: unknown, path: Path = []): Path[] {
  const isTree = typeof value === 'object' && value !== null
  // The items of a pair belong together.
  const isWhole =
    Array.isArray(value) && value.every((item) => typeof item !== 'object' || Array.isArray(item))
  if (!isTree || isWhole) return [path]
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, [...path, key]))
}

function remove(tree: object, path: Path): void {
  const owner = path
    .slice(0, -1)
    .reduce<unknown>((part, key) => Reflect.get(part as object, key), tree)
  Reflect.deleteProperty(owner as object, path.at(-1) ?? '')
}

const validating = (settings: object) => ({
  endpoint: '/orders',
  extra_config: { 'auth/validator': settings }
})
const signing = (settings: object) => ({
  endpoint: '/token',
  method: 'POST',
  backend: [{ host: ['http://backend.example'], url_pattern: '/login' }],
  extra_config: { 'auth/signer': settings }
})
const toSet = (...keys: object[]) => JSON.stringify({ keys })

async function importKrakend(
  t: ExecutionContext,
  endpoints: object[],
  files: Record<string, string>
) {
  const folder = await writeFiles(t, { 'krakend.json': JSON.stringify({ endpoints }), ...files })
  const { code, stdout, stderr } = await runCommand([
    'import',
    'krakend',
    join(folder, 'krakend.json')
  ])
  t.is(code, 0, stderr)
  return { config: parseYaml(stdout), stderr }
}

test('krakend: a validator names all keys of its file, and none of another', async (t) => {
  const [one, two, three] = [generateKeys('ES256'), generateKeys('ES256'), generateKeys('ES384')]
  const signer = { alg: 'ES256', kid: 'a', jwk_local_path: 'signer.json', keys_to_sign: ['token'] }
  const { config, stderr } = await importKrakend(
    t,
    [
      // Before the signer, and with the public keys in a file of their own.
      validating({ alg: 'ES256', jwk_local_path: 'public.json' }),
      signing(signer),
      validating({ alg: 'ES384', jwk_local_path: 'public.json' }),
      validating({ alg: 'ES256', jwk_local_path: 'signer.json' })
    ],
    {
      'signer.json': toSet(toJwk(one.signing, { kid: 'a' })),
      'public.json': toSet(
        toJwk(one.verifying, { kid: 'a' }),
        toJwk(two.verifying, { kid: 'b' }),
        toJwk(three.verifying, { kid: 'c' })
      )
    }
  )
  t.deepEqual(config.keys, [
    { kid: 'a', alg: 'ES256', jwks: { file: 'signer.json' } },
    { kid: 'b', alg: 'ES256', jwks: { file: 'public.json' }, publish: false },
    { kid: 'c', alg: 'ES384', jwks: { file: 'public.json' }, publish: false }
  ])
  t.deepEqual(
    config.routes.slice(1).map(({ verify }: { verify: unknown }) => verify),
    [[{ keys: ['a', 'b'] }], [{ keys: ['c'] }], [{ keys: ['a'] }]]
  )
  t.notRegex(stderr, /jwk_local_path/)
})

test('krakend: of several keys, one with an unknown kid gets a name, which is listed', async (t) => {
  const { config, stderr } = await importKrakend(
    t,
    [
      validating({ alg: 'ES256', jwk_url: 'https://idp.example/jwks' }),
      validating({ alg: 'ES256', jwk_local_path: 'missing.json' })
    ],
    {}
  )
  t.deepEqual(
    config.keys.map(({ kid }: { kid: unknown }) => kid),
    ['key-1', 'key-2']
  )
  t.deepEqual(
    config.routes.map(({ verify }: { verify: unknown }) => verify),
    [[{ keys: ['key-1'] }], [{ keys: ['key-2'] }]]
  )
  t.regex(stderr, /jwk_url: the kid of its key is not known here: put it in place of key-1/)
  t.regex(stderr, /jwk_local_path: the kid of its key is not known here: put it in place of key-2/)
})

test('krakend: another key with the kid of a signer is no key of the signer', async (t) => {
  const [one, other] = [generateKeys('ES256'), generateKeys('ES256')]
  const signer = { alg: 'ES256', kid: 'a', jwk_local_path: 'signer.json', keys_to_sign: ['token'] }
  const { config, stderr } = await importKrakend(
    t,
    [signing(signer), validating({ alg: 'ES256', jwk_local_path: 'partner.json' })],
    {
      'signer.json': toSet(toJwk(one.signing, { kid: 'a' })),
      'partner.json': toSet(toJwk(other.verifying, { kid: 'a' }))
    }
  )
  t.deepEqual(config.routes[1].verify, [{ keys: ['key-1'] }])
  t.regex(stderr, /jwk_local_path: has a key with the kid of another key: rename one of them/)
})

test('krakend: the only key needs no kid', async (t) => {
  const { config } = await importKrakend(
    t,
    [validating({ alg: 'ES256', jwk_local_path: 'a.json' })],
    {}
  )
  t.deepEqual(config.keys, [{ alg: 'ES256', jwks: { file: 'a.json' }, publish: false }])
  t.deepEqual(config.routes[0].verify, [{ keys: 'all' }])
})

test('themis: older releases ask for certificates without mtls, and have maps of claims', async (t) => {
  const { stdout, stderr } = await importSettings(t, 'themis', {
    servers: {
      issuer: {
        address: ':6501',
        tls: {
          certificateFile: 'server.crt',
          keyFile: 'server.key',
          clientCACertificateFile: 'ca.pem',
          minVersion: 771,
          peerVerify: { commonNames: ['device'] }
        }
      }
    },
    token: {
      claims: { mac: { header: 'X-Mac', odd: 1 }, Plan: { value: 'gold' } },
      metadata: { id: { header: 'X-Mac' } },
      remote: { url: 'https://claims.example' }
    }
  })
  const { listen, routes } = parseYaml(stdout)
  t.deepEqual(listen.issuer.tls.clientCa, { file: 'ca.pem' })
  t.is(listen.issuer.tls.clientCertificate, 'require')
  t.deepEqual(routes[0].claims.slice(0, 2), [
    { from: 'request', claim: 'mac', header: 'X-Mac' },
    { from: 'fixed', set: { plan: 'gold' } }
  ])
  t.deepEqual(routes[0].claims[2].metadata, [{ name: 'id', header: 'X-Mac' }])
  t.notRegex(stderr, /clientCACertificateFile/)
  t.regex(stderr, /peerVerify\.commonNames: every certificate of an authority/)
  t.regex(stderr, /minVersion: TLS is 1\.2 at least/)
  t.regex(stderr, /claims\.mac\.odd: /)
})

test('digits are kept, and a number that no configuration can hold is reported', async (t) => {
  const { stdout, stderr } = await importText(
    t,
    'txtoken',
    'remote: https://login.example\nrequestTokenData: { id: 12345678901234567890 }'
  )
  t.regex(stdout, /id: 12345678901234567890\n/)
  t.regex(stderr, /\n {2}- line \d+: number would be rounded/)
})

test('lines of a shell are read as settings of Okera, too', async (t) => {
  const { code, stdout } = await importText(
    t,
    'okera',
    '# of the cluster\nexport JWT_PUBLIC_KEY="keys/one.pub"\nOKERA_JWT_ALGORITHM=RSA256\n'
  )
  t.is(code, 0)
  t.deepEqual(parseYaml(stdout).keys, [
    { alg: 'RSA256', public: { file: 'keys/one.pub' }, publish: false }
  ])
})

test('okera: quotes, comments and other lines of a shell are read as a shell does', async (t) => {
  const lines = [
    '#!/bin/sh',
    'set -e',
    'JWT_PUBLIC_KEY="/etc/a.pub,/etc/b c.pub"  # first key',
    "export A=b#c JWT_ALGORITHM='RSA256,'RSA512; echo \"don't\" JWT_ALGORITHM=no",
    'JWT_PRIVATE_KEY="-----BEGIN\nJWT_ALGORITHM=no\n-----END"',
    'if [ -f /etc/c ]; then # JWT_ALGORITHM=no',
    '  LDAP_HOST=ldap\\ \\',
    'host',
    'fi'
  ]
  const { code, stdout, stderr } = await importText(t, 'okera', lines.join('\n'))
  t.is(code, 0)
  t.deepEqual(parseYaml(stdout).keys, [
    { alg: 'RSA256', public: { file: '/etc/a.pub' }, publish: false },
    { alg: 'RSA512', public: { file: '/etc/b c.pub' }, publish: false }
  ])
  t.deepEqual(listPlaces(stderr), ['A', 'JWT_PRIVATE_KEY', 'LDAP_HOST'])
})

test('okera: YAML may have lines of a shell in a text', async (t) => {
  const { stdout } = await importText(
    t,
    'okera',
    'JWT_PUBLIC_KEY: a.pub\nscript: |\n  JWT_PUBLIC_KEY=b.pub\n'
  )
  t.is(parseYaml(stdout).keys[0].public.file, 'a.pub')
})

test('settings with the same text are in one line', async (t) => {
  const { stderr } = await importSettings(t, 'txtoken', {
    remote: 'https://login.example',
    one: 1,
    two: { three: 3 }
  })
  t.regex(stderr, /\n {2}- one, two\.three: unknown to this command, and left out\n/)
})

test('SuperTokens without API keys lets anyone in, which is listed', async (t) => {
  const { stdout, stderr } = await importSettings(t, 'supertokens', {
    core_config_version: 0,
    port: 3567
  })
  t.is(parseYaml(stdout).routes[0].auth, 'none')
  t.regex(stderr, /api_keys: has no key, so that everybody/)
})

test('a setting that would not start is reported with its line', async (t) => {
  const { code, stderr } = await importSettings(t, 'txtoken', {
    remote: 'https://login.example',
    getTokenRoute: '/get token'
  })
  t.is(code, 1)
  t.regex(
    stderr,
    /problems that check-config finds.*\n {2}- line \d+: getTokenRoute: expected a path/
  )
})

const useless: [system: string, text: string, message: RegExp][] = [
  [
    'krakend',
    '{"endpoints":[{"endpoint":"/a"}]}',
    /found neither auth\/signer nor auth\/validator/
  ],
  ['krakend', '{{ template "x" }}: [', /:1: expected JSON or YAML; render templates first/],
  ['krakend', '[]', /expected a map of settings/],
  ['themis', 'servers: {}', /found neither servers\.issuer nor servers\.claims/],
  ['okera', 'LDAP_HOST: x', /found neither JWT_PUBLIC_KEY nor JWT_AUTHENTICATION_SERVER_URL/],
  ['supertokens', '{"port":8080,"endpoints":[]}', /found no setting of SuperTokens other than/],
  ['txtoken', `encKey: ${SECRET}`, /expected remote/]
]

for (const [system, text, message] of useless) {
  test(`${system}: nothing is made of ${text.replace(SECRET, 'a secret')}`, async (t) => {
    const { code, stdout, stderr } = await importText(t, system, text)
    t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    t.regex(stderr, message)
    t.false(stderr.includes(SECRET))
  })
}

test('an unknown system is wrong usage, and a missing file is an error', async (t) => {
  const { code, stderr } = await runCommand(['import', 'kong', 'kong.yml'])
  t.is(code, 2)
  t.regex(stderr, /expected one of krakend, themis, supertokens, okera, txtoken/)
  t.is((await runCommand(['import', 'krakend', '/nowhere/krakend.json'])).code, 1)
})
