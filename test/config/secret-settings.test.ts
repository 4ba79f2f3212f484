/** Every setting that may hold a secret, from the schema: no command and no message shows its value. */
import { createPrivateKey } from 'node:crypto'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createFormSchemas, type JsonSchema } from '../../src/config/json-schema.ts'
import { createAuthority } from '../helpers/certificates.ts'
import { runCommand } from '../helpers/command-line.ts'
import { writeFiles } from '../helpers/folder.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'

/** Is in every secret that is not a key or a certificate. Long enough to be a good one. */
const SEED = 'n0body-may-read-this-in-any-message-whatever'

const authority = createAuthority()
const server = authority.issue()
const client = authority.issue({ use: 'client' })
const rsa = generateKeys('RS256')
const remoteTls = { ca: authority.cert, cert: client.cert, key: client.key }
const listenerTls = {
  cert: server.cert,
  key: server.key,
  clientCa: authority.cert,
  clientCertificate: 'request'
}
const auth = { apiKeys: [SEED] }
const call = {
  from: 'remote',
  url: 'https://remote.example/login',
  bearer: { authorization: SEED },
  headers: { 'X-Key': SEED },
  body: { client_secret: { secret: SEED } },
  tls: remoteTls
}
const source = { ...call, at: 'data' }
const introspection = {
  introspection: {
    url: 'https://idp.example/introspect',
    client: { id: 'gate', secret: SEED },
    tls: remoteTls
  }
}
const endpoint = { endpoint: 'https://idp.example/validate', tls: remoteTls }
const issuer = 'https://issuer.example'
const jwks = {
  jwks: `${issuer}/jwks.json`,
  issuer,
  algorithms: ['RS256'],
  tls: { ca: authority.cert }
}
const discover = { discover: issuer, algorithms: ['RS256'], tls: { ca: authority.cert } }

/** Has each of these settings once, and is valid. */
const FULL = {
  listen: {
    main: { tls: listenerTls },
    admin: { tls: listenerTls },
    other: { port: 8443, tls: listenerTls }
  },
  keys: [
    { kid: 'secret', alg: 'HS256', secret: SEED },
    {
      kid: 'private',
      alg: 'RS256',
      private: createPrivateKey(toPem(rsa.signing))
        .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: SEED })
        .toString(),
      passphrase: SEED
    },
    { kid: 'public', alg: 'RS512', public: toPem(generateKeys('RS512').verifying) },
    {
      kid: 'set',
      alg: 'HS256',
      jwks: JSON.stringify({ keys: [{ kty: 'oct', kid: 'set', k: SEED }] })
    },
    {
      kid: 'remote',
      alg: 'RS256',
      jwksUrl: 'https://keys.example/jwks.json',
      tls: { ca: authority.cert }
    }
  ],
  revocation: { store: `rediss://user:${SEED}@redis.example:6379/0`, tls: remoteTls },
  routes: [
    { issue: '/token', auth, claims: [source] },
    {
      issue: '/signed',
      protocol: 'krakend',
      auth,
      claims: [call],
      sign: ['token'],
      lifetime: '1h'
    },
    {
      issue: '/recipe/jwt',
      protocol: 'supertokens',
      auth,
      claims: [source],
      key: 'private',
      dynamicKey: 'private'
    },
    { claims: '/claims', auth, sources: [source], on: 'other' },
    {
      check: '/check',
      auth,
      verify: [jwks, discover, endpoint, introspection],
      groups: [
        {
          from: 'ldap',
          url: 'ldaps://ldap.example',
          tls: remoteTls,
          bindDn: 'cn=reader',
          password: SEED,
          base: 'ou=people',
          filter: '(uid={sub})',
          attribute: 'memberOf'
        },
        {
          from: 'endpoint',
          url: 'https://groups.example/{sub}',
          headers: { 'X-Key': SEED },
          tls: remoteTls
        }
      ]
    },
    { keys: '/keys', auth },
    {
      revoke: '/revoke',
      auth,
      verify: [{ ...jwks, jwks: `${issuer}/more.json` }, discover, endpoint, introspection]
    },
    { health: '/health', auth },
    { metrics: '/numbers', auth }
  ]
}

const FLAT = {
  encKey: SEED,
  remote: 'https://remote.example/login',
  requestTokenData: { authorization: SEED }
}

const schemas = createFormSchemas()
const FORMS = [
  ['flat', schemas.flat, FLAT],
  ['full', schemas.full, FULL]
] as const

/** A setting of the schema that is not to be shown. */
interface SecretSetting {
  readonly schema: JsonSchema
  readonly path: string
}

function settingsIn(schema: JsonSchema, path = ''): SecretSetting[] {
  if (schema.writeOnly === true) return [{ schema, path }]
  const { properties = {}, additionalProperties, items, anyOf = [] } = schema
  return [
    ...Object.entries(properties).flatMap(([name, one]) => settingsIn(one, `${path}.${name}`)),
    ...(typeof additionalProperties === 'object'
      ? settingsIn(additionalProperties, `${path}.*`)
      : []),
    ...(items === undefined ? [] : settingsIn(items, `${path}[]`)),
    ...anyOf.flatMap((branch, index) => settingsIn(branch, `${path}<${index}>`))
  ]
}

type Trail = readonly (string | number)[]

/** A secret in a configuration. */
interface Secret {
  readonly schema: JsonSchema
  readonly trail: Trail
  readonly value: unknown
}

function secretsIn(schema: JsonSchema, value: unknown, trail: Trail = []): Secret[] {
  if (schema.writeOnly === true) return [{ schema, trail, value }]
  if (typeof value !== 'object' || value === null) return []
  const { properties = {}, additionalProperties, items = {} } = branchOf(schema, value)
  const others = typeof additionalProperties === 'object' ? additionalProperties : {}
  return Array.isArray(value)
    ? value.flatMap((item, index) => secretsIn(items, item, [...trail, index]))
    : Object.entries(value).flatMap(([name, one]) =>
        secretsIn(properties[name] ?? others, one, [...trail, name])
      )
}

/** Maps reject unknown settings, so at most one alternative matches. */
function branchOf(schema: JsonSchema, value: object): JsonSchema {
  if (schema.anyOf === undefined) return schema
  const branches = schema.anyOf.map((branch) => branchOf(branch, value))
  const fitting = branches.find(({ type, properties = {}, required = [] }) =>
    Array.isArray(value)
      ? type === 'array'
      : required.every((name) => Object.hasOwn(value, name)) &&
        Object.entries(value).every(
          ([name, one]) => properties[name] !== undefined && (properties[name].const ?? one) === one
        )
  )
  return fitting ?? {}
}

/** A copy with another value in one place. */
function replaceAt(tree: unknown, [name, ...rest]: Trail, value: unknown): unknown {
  if (name === undefined) return value
  const copy = Array.isArray(tree) ? [...tree] : { ...(tree as object) }
  const inner = (copy as Record<string | number, unknown>)[name]
  return Object.assign(copy, { [name]: replaceAt(inner, rest, value) })
}

/** Text that would reveal a secret: of keys and certificates a piece from the middle. Taken from the values alone, whatever the schema is. */
function telltalesOf(value: unknown): string[] {
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(telltalesOf)
  const text = String(value)
  if (text.includes(SEED)) return [SEED]
  return [...text.matchAll(/-----\n[^-]{40}([\w+/]{20})/g)].map(([, piece = '']) => piece)
}

interface Form {
  readonly config: unknown
  readonly env: Record<string, string>
  readonly files: Record<string, string>
}

/** The ways to write secrets: in the configuration itself, in the environment, or in files. JSON data stays where it is. */
const WAYS = {
  text: (config: unknown): Form => ({ config, env: {}, files: {} }),
  env: (config: unknown, secrets: readonly Secret[]): Form => move(config, secrets, 'env'),
  file: (config: unknown, secrets: readonly Secret[]): Form => move(config, secrets, 'file')
}

function move(config: unknown, secrets: readonly Secret[], place: 'env' | 'file'): Form {
  const movable = secrets.filter(({ value }) => typeof value === 'string')
  const names = movable.map(({ value }, index) => [`SECRET_${index}`, String(value)] as const)
  const moved = movable.reduce<unknown>(
    (tree, { trail }, index) => replaceAt(tree, trail, { [place]: `SECRET_${index}` }),
    config
  )
  const held = Object.fromEntries(names)
  return { config: moved, env: place === 'env' ? held : {}, files: place === 'file' ? held : {} }
}

async function run(t: ExecutionContext, { config, env, files }: Form, ...args: string[]) {
  const folder = await writeFiles(t, { ...files, 'txtoken.yml': JSON.stringify(config) })
  const file = join(folder, 'txtoken.yml')
  const [command = '', ...options] = args
  return runCommand([command, file, ...options], { env })
}

for (const [form, schema, config] of FORMS) {
  const secrets = secretsIn(schema, config)
  const telltales = [...new Set(telltalesOf(config))]

  test(`the configuration in the ${form} form has every setting that may hold a secret`, (t) => {
    const covered = new Set(secrets.map((secret) => secret.schema))
    const missing = settingsIn(schema).filter((setting) => !covered.has(setting.schema))
    t.deepEqual(
      missing.map(({ path }) => path),
      []
    )
    t.true(secrets.every(({ value }) => telltalesOf(value).length > 0))
  })

  for (const [way, write] of Object.entries(WAYS)) {
    test(`${form} form, secrets as ${way}: commands that show a configuration show none of them`, async (t) => {
      const written = write(config, secrets)
      for (const command of [
        ['check-config', '--print'],
        ['check-config', '--print', '--json'],
        ['explain']
      ]) {
        const { code, stdout, stderr } = await run(t, written, ...command)
        t.is(code, 0, stderr)
        for (const telltale of telltales) t.false((stdout + stderr).includes(telltale), telltale)
      }
    })

    test(`${form} form, secrets as ${way}: no message about a mistake contains one`, async (t) => {
      const mistakes: ((value: unknown) => unknown)[] = [
        () => SEED.slice(0, 12),
        () => `-----BEGIN PRIVATE KEY-----\n${SEED}\n-----END PRIVATE KEY-----\n`,
        () => `{"keys":[{"kty":"oct","k":"${SEED}"`,
        () => `redis://user:${SEED}@`,
        () => `${SEED}\r\n${SEED}é`,
        (value) => [value],
        (value) => ({ fiel: value })
      ]
      let rejected = 0
      for (const mistake of mistakes) {
        const wrong = secrets.map((secret) => ({ ...secret, value: mistake(secret.value) }))
        const mistaken = wrong.reduce<unknown>(
          (tree, { trail, value }) => replaceAt(tree, trail, value),
          config
        )
        const { code, stdout, stderr } = await run(t, write(mistaken, wrong), 'check-config')
        rejected += code
        for (const telltale of [...telltales, SEED.slice(0, 12)]) {
          t.false((stdout + stderr).includes(telltale), stderr)
        }
      }
      // A shared secret may be any text that is long enough.
      t.true(rejected >= 4)
    })
  }

  test(`${form} form: each secret that is wrong by itself is reported by its path alone`, async (t) => {
    for (const { trail } of secrets) {
      const mistaken = WAYS.text(replaceAt(config, trail, `${SEED.slice(0, 12)}\n`))
      const { stdout, stderr } = await run(t, mistaken, 'check-config', '--print')
      for (const telltale of [...telltales, SEED.slice(0, 12)]) {
        t.false((stdout + stderr).includes(telltale), `${trail.join('.')}: ${stderr}`)
      }
    }
  })
}
