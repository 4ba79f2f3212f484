import test from 'ava'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { ConfigError } from '../../src/config/problems.ts'
import { parse } from '../helpers/config.ts'

/** Is in every place where a user might put a secret. Longer than 32 bytes, so that it may be a good one. */
const SECRET = 'n0body-may-read-this-in-any-message-whatever'

const FLAT = {
  port: 8888,
  debug: true,
  encKey: SECRET,
  remote: 'http://example.com',
  expHours: 1,
  getTokenRoute: '/getToken',
  checkTokenRoute: '/checkToken',
  requestTokenData: { authorization: SECRET, list: [1, null, { deep: 'x' }] },
  statuses: 'relay'
}

const FULL = {
  listen: { main: { port: 8888, host: '::' }, admin: { port: 9090, host: '127.0.0.1' } },
  log: { level: 'debug', requests: true },
  limits: { body: '1MiB', reply: '1MiB', depth: 64, token: '16KiB', calls: 256 },
  timeouts: { headers: '10s', request: '30s', keepAlive: '72s', drain: '5s', shutdown: '10s' },
  issuer: 'https://tokens.example.com',
  keys: [
    { kid: 'main', alg: 'HS256', secret: SECRET, typ: 'JWT', from: '2026-01-31' },
    { kid: 'env', alg: 'HS256', secret: { env: 'SECRET' }, until: '2027-01-31T12:00:00Z' },
    {
      kid: 'made',
      alg: 'ES256',
      generate: { dir: '/tmp/keys', rotateEvery: '168h', publishAhead: '60s' }
    },
    {
      kid: 'remote',
      alg: 'RS256',
      jwksUrl: 'https://example.com/jwks.json',
      tls: { minVersion: 'TLSv1.3' },
      refresh: '15m'
    }
  ],
  routes: [
    {
      issue: '/token',
      protocol: 'txtoken',
      claims: [
        {
          from: 'remote',
          url: 'https://example.com/login',
          at: 'data',
          bearer: { authorization: SECRET },
          timeout: '5s',
          connectTimeout: '2s',
          tls: {}
        }
      ],
      key: 'main',
      lifetime: '15m',
      statuses: 'relay'
    },
    { check: '/check', protocol: 'txtoken', verify: [{ keys: 'all' }, { keys: ['main', 'env'] }] },
    { keys: '/keys' }
  ]
}

/** Settings whose values are names, which messages quote so that they can be found. */
const NAMES = new Set([
  'kid',
  'key',
  'keys',
  'file',
  'env',
  'issue',
  'check',
  'dir',
  'getTokenRoute',
  'checkTokenRoute',
  'level'
])
const env = { SECRET, PORT: '8888' }

/** True for every text: it gives a frozen configuration, or a list of problems with our own messages. */
function endsWell(config: string | object): void {
  try {
    assertFrozen(parse(config, { env }))
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    if (error.problems.length === 0) throw new Error('refused without a problem')
    for (const { path, message } of error.problems) {
      if (!Array.isArray(path) || typeof message !== 'string' || message === '') {
        throw new Error('a problem without path or message')
      }
      if (/Invalid|Too (small|big)|Unrecognized|undefined|NaN|\[object/.test(message)) {
        throw new Error(`not in our own words: ${message}`)
      }
      if (message.includes(SECRET)) throw new Error(`tells the secret: ${message}`)
    }
  }
}

function assertFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (!Object.isFrozen(value)) throw new Error('not frozen')
  for (const item of Object.values(value)) assertFrozen(item)
}

/** Values that a setting may have by mistake. */
const TEXTS = [
  'all',
  'remote',
  'txtoken',
  'relay',
  '/a',
  '/a b',
  '5s',
  '-1s',
  '1MiB',
  'HS256',
  'RS256',
  'none',
  'main',
  'http://a',
  'http://u:p@a',
  '{"n":1}',
  '{',
  '${PORT}',
  '${MISSING}',
  '$${a}',
  '${',
  '${}',
  'true',
  '1',
  '-1',
  '',
  '2026-01-31',
  '-----BEGIN PRIVATE KEY-----',
  '{"kty":"oct","k":"aaaa"}',
  'x'.repeat(100)
]
const OTHER_KEYS = [
  'file',
  'private',
  'public',
  'jwks',
  'passphrase',
  'allowHttp',
  'pins',
  'prot',
  'rotues',
  '__proto__',
  'constructor',
  '',
  'a b',
  '0'
]

function keysOf(tree: unknown): string[] {
  if (typeof tree !== 'object' || tree === null) return []
  const own = Array.isArray(tree) ? [] : Object.keys(tree)
  return [...own, ...Object.values(tree).flatMap(keysOf)]
}

const key = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...keysOf(FLAT), ...keysOf(FULL), ...OTHER_KEYS) },
  fc.string({ maxLength: 8 })
)
const leaf = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 0.5, 8888, 1e21, ...TEXTS),
  fc.string({ maxLength: 12 }),
  fc.double({ noNaN: true, noDefaultInfinity: true })
)

const { tree, entry, map } = fc.letrec<{
  tree: unknown
  list: unknown[]
  map: Record<string, unknown>
  entry: [string, unknown]
}>((tie) => ({
  tree: fc.oneof({ depthSize: 'small', withCrossShrink: true }, leaf, tie('list'), tie('map')),
  list: fc.array(tie('tree'), { maxLength: 3 }),
  map: fc.array(tie('entry'), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
  entry: key.chain((name) =>
    fc.tuple(
      fc.constant(name),
      NAMES.has(name)
        ? tie('tree')
        : fc.oneof({ weight: 3, arbitrary: tie('tree') }, fc.constantFrom(SECRET, '${SECRET}'))
    )
  )
}))

test('random trees of plausible keys and values end in a configuration or in problems', (t) => {
  fc.assert(fc.property(map, endsWell), { numRuns: 80 })
  t.pass()
})

test('data that is not a map ends in problems', (t) => {
  fc.assert(
    fc.property(fc.oneof(leaf, fc.array(tree)), (data) => endsWell(JSON.stringify(data))),
    { numRuns: 30 }
  )
  t.pass()
})

/** A mistake somewhere in a configuration: a setting is lost, wrong, misspelt, added or given twice. */
const mistake = fc.record({
  place: fc.nat(),
  kind: fc.constantFrom('lose', 'replace', 'rename', 'add', 'double'),
  replacement: tree,
  addition: entry
})
type Mistake = typeof mistake extends fc.Arbitrary<infer Value> ? Value : never

function makeMistake(config: object, { place, kind, replacement, addition }: Mistake): void {
  const places = placesIn(config)
  const found = places[place % places.length]
  if (found === undefined) return
  const { parent, name } = found
  const [otherName, otherValue] = addition
  if (Array.isArray(parent)) {
    const index = Number(name)
    parent.splice(index, 1, ...(kind === 'lose' ? [] : [replacement]))
    if (kind === 'double') parent.push(parent[0])
  } else if (kind === 'add') set(parent, otherName, otherValue)
  else if (kind === 'rename' && !NAMES.has(otherName)) {
    set(parent, otherName, parent[name])
    delete parent[name]
  } else if (kind === 'lose') delete parent[name]
  else parent[name] = replacement
}

interface Place {
  readonly parent: Record<string, unknown> | unknown[]
  readonly name: string
}

function placesIn(parent: object): Place[] {
  return Object.entries(parent).flatMap(([name, value]) => [
    { parent: parent as Place['parent'], name },
    ...(typeof value === 'object' && value !== null ? placesIn(value) : [])
  ])
}

/** An assignment would change the prototype where the name is `__proto__`. */
function set(map: object, name: string, value: unknown): void {
  Object.defineProperty(map, name, { value, enumerable: true, configurable: true, writable: true })
}

for (const [form, valid] of Object.entries({ flat: FLAT, full: FULL })) {
  test(`the ${form} form is valid before the mistakes are added`, (t) => {
    t.notThrows(() => parse(valid, { env }))
  })

  test(`mistakes in the ${form} form end in a configuration or in problems`, (t) => {
    fc.assert(
      fc.property(fc.array(mistake, { minLength: 1, maxLength: 4 }), (mistakes) => {
        const config = structuredClone<object>(valid)
        // Copies: a later mistake may be made inside of an earlier one.
        for (const one of structuredClone(mistakes)) makeMistake(config, one)
        endsWell(config)
      }),
      { numRuns: 80 }
    )
    t.pass()
  })
}

/** Characters with a meaning in YAML, and without. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      ':',
      ': ',
      '- ',
      '? ',
      '\n',
      '\n  ',
      '\t',
      '\r\n',
      ' ',
      '#',
      ' #',
      '{',
      '}',
      '[',
      ']',
      ',',
      '|\n',
      '>-\n'
    ],
    ...[
      '"',
      "'",
      '\\',
      '&a ',
      '*a',
      '!x ',
      '!!binary ',
      '<<: ',
      '%YAML 1.1\n',
      '%TAG ! x\n',
      '---\n',
      '...\n'
    ],
    ...[
      '~',
      '1e400',
      '.nan',
      '0x1F',
      '2001-12-14',
      '${PORT}',
      '${',
      '\uFEFF',
      '\u2028',
      '\ud800',
      '\0',
      SECRET
    ],
    ...keysOf(FLAT)
  ),
  fc.string({ maxLength: 6 })
)

/** Most values that are well-formed by themselves are not valid in every place, nor beside every other. */
const line = fc
  .tuple(
    fc.constantFrom('', '', '', '  ', '- ', '  - '),
    fc.constantFrom(...keysOf(FLAT), ...Object.keys(FULL), '<<', '"<<"'),
    fc.constantFrom(
      ...[
        SECRET,
        `*${SECRET}`,
        `!${SECRET}`,
        `!${SECRET} x`,
        `&${SECRET} x`,
        `"${SECRET}`,
        `@${SECRET}`
      ],
      ...[
        '&a 1',
        '&a [*a]',
        '&a {b: *a}',
        '*a',
        '[*a, *a, *a]',
        '{<<: *a}',
        '{? [a]: b}',
        '[1, 2',
        '{a: b'
      ],
      ...[
        '12345678901234567890',
        '1e400',
        '.inf',
        '|',
        '>-',
        '',
        '~',
        '# x',
        '${PORT}',
        '{__proto__: 1}'
      ]
    )
  )
  .map(([indent, name, value]) => `${indent}${name}: ${value}\n`)

test('random YAML ends in a configuration or in problems', (t) => {
  const text = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join('')),
    fc.array(line, { maxLength: 8 }).map((lines) => lines.join(''))
  )
  fc.assert(fc.property(text, endsWell), { numRuns: 250 })
  t.pass()
})

test('typing errors in a valid file end in a configuration or in problems', (t) => {
  const edit = fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    lost: fc.nat(20),
    piece
  })
  const styles = [
    stringify(FLAT),
    stringify(FLAT, { collectionStyle: 'flow' }),
    JSON.stringify(FLAT, null, 2)
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...styles),
      fc.array(edit, { minLength: 1, maxLength: 3 }),
      (style, edits) => {
        let text = style
        for (const { at, lost, piece } of edits) {
          const offset = Math.floor(at * text.length)
          text = text.slice(0, offset) + piece + text.slice(offset + lost)
        }
        endsWell(text)
      }
    ),
    { numRuns: 250 }
  )
  t.pass()
})
