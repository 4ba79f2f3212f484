import { randomBytes } from 'node:crypto'
import test from 'ava'
import { parse, problemsOf } from '../helpers/config.ts'
import { writeFiles } from '../helpers/folder.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'

/** The configuration that is shipped with the original program. */
const ORIGINAL = `port: 8888
debug: true
encKey: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
remote: http://example.com
expHours: 1
getTokenRoute: "/getToken"
checkTokenRoute: "/checkToken"
requestTokenData:
  authorization: "internal"
`

const FULL = `listen: { main: { port: 8888 } }
log: { level: debug }
keys:
  - { alg: HS256, secret: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }
routes:
  - issue: /getToken
    protocol: txtoken
    claims:
      - { from: remote, url: "http://example.com", bearer: { authorization: internal }, bearerForm: original, clientAddress: true, at: data }
    lifetime: 1h
  - check: /checkToken
    protocol: txtoken
    verify: [ { keys: all } ]
`

const SECRET = 'n0body-may-read-this'
const encKey = 'a secret of thirty-two characters or more'
const LEAST = { encKey, remote: 'http://example.com' }

/** The service bearer's data in the full form that a flat form becomes. */
function bearerOf(config: string | object): unknown {
  const [route] = parse(config).routes
  const source = route !== undefined && 'issue' in route ? route.claims[0] : undefined
  return source?.from === 'remote' ? source.bearer : undefined
}

test('the configuration of the original program becomes exactly its full form', (t) => {
  // Its secret, which everyone knows, does not start in the full form.
  const withOwnSecret = (config: string) => config.replace('x'.repeat(33), encKey)
  t.deepEqual(parse(withOwnSecret(ORIGINAL)), parse(withOwnSecret(FULL)))
})

test('encKey and remote are enough', (t) => {
  t.deepEqual(
    parse(LEAST),
    parse({
      keys: [{ alg: 'HS256', secret: encKey }],
      routes: [
        {
          issue: '/getToken',
          claims: [
            {
              from: 'remote',
              url: 'http://example.com',
              bearer: 'null',
              bearerForm: 'original',
              clientAddress: true,
              at: 'data'
            }
          ],
          lifetime: '24h'
        },
        { check: '/checkToken', verify: [{ keys: 'all' }] }
      ]
    })
  )
})

test('debug is a switch or text, and sets the level of the log', (t) => {
  for (const debug of [true, 'true']) t.is(parse({ ...LEAST, debug }).log.level, 'debug')
  for (const debug of [false, 'false']) t.is(parse({ ...LEAST, debug }).log.level, 'info')
  t.deepEqual(problemsOf(t, { ...LEAST, debug: 'yes' }), ['debug: expected true or false'])
})

test('port is a number or text', (t) => {
  for (const port of [9000, '9000']) t.is(parse({ ...LEAST, port }).listen.main.port, 9000)
  t.is(parse({ ...LEAST, port: '${PORT:-9001}' }).listen.main.port, 9001)
  t.deepEqual(problemsOf(t, { ...LEAST, port: 'http' }), [
    'port: expected a whole number from 0 to 65535'
  ])
})

test('expHours is a number or text, and fractions count', (t) => {
  const lifetimeOf = (expHours: unknown) => {
    const [route] = parse({ ...LEAST, expHours }).routes
    return route !== undefined && 'issue' in route ? route.lifetime : undefined
  }
  t.is(lifetimeOf(1), 3600)
  t.is(lifetimeOf('1'), 3600)
  t.is(lifetimeOf(0.5), 1800)
  t.is(lifetimeOf('1.25'), 4500)
  t.is(lifetimeOf(1 / 3600), 1)
  t.is(lifetimeOf(876_000), 876_000 * 3600)
  const expected = 'expHours: expected a number of hours from 0.0003 (about a second) to 876000'
  for (const expHours of [0, -1, 0.0002, 876_001, '', '-1', '1e3', '1h']) {
    t.deepEqual(problemsOf(t, { ...LEAST, expHours }), [expected], String(expHours))
  }
  t.deepEqual(problemsOf(t, { ...LEAST, expHours: true }), [`${expected}, found a boolean`])
})

test('requestTokenData is a tree, or text that holds JSON', (t) => {
  t.is(bearerOf(ORIGINAL), '{"authorization":"internal"}')
  t.is(
    bearerOf({ ...LEAST, requestTokenData: '{"authorization":"internal"}' }),
    '{"authorization":"internal"}'
  )
  t.is(
    bearerOf({ ...LEAST, requestTokenData: [1, 'a', null, true, { b: [] }] }),
    '[1,"a",null,true,{"b":[]}]'
  )
  t.is(bearerOf({ ...LEAST, requestTokenData: '"internal"' }), '"internal"')
  t.is(bearerOf({ ...LEAST, requestTokenData: null }), 'null')
  t.is(bearerOf({ ...LEAST, requestTokenData: 12 }), '12')
  t.is(bearerOf(LEAST), 'null')
})

test('requestTokenData as text is kept digit for digit', (t) => {
  for (const text of [
    '{"n":12345678901234567890}',
    '[1e400,-0,1.10]',
    '{"__proto__":{"a":1},"a":1,"a":2}'
  ]) {
    t.is(bearerOf({ ...LEAST, requestTokenData: text }), text)
  }
  t.is(bearerOf({ ...LEAST, requestTokenData: ' { "a" : [ 1, 2 ] } ' }), '{"a":[1,2]}')
})

test('requestTokenData as a tree keeps every key', (t) => {
  const tree = '\nrequestTokenData: { constructor: 2, "": 3, 4: 5 }\n'
  t.deepEqual(
    Object.entries(JSON.parse(String(bearerOf(`encKey: ${encKey}\nremote: http://a${tree}`)))),
    Object.entries(JSON.parse('{"4":5,"constructor":2,"":3}'))
  )
})

test('requestTokenData that is not JSON, or too deep, is rejected', (t) => {
  const path = 'requestTokenData: '
  t.deepEqual(problemsOf(t, { ...LEAST, requestTokenData: `{"a": ${SECRET}}` }), [
    `${path}expected a string that holds JSON: not valid JSON`
  ])
  t.deepEqual(problemsOf(t, { ...LEAST, requestTokenData: '' }), [
    `${path}expected a string that holds JSON: empty`
  ])
  const deep = '['.repeat(65) + ']'.repeat(65)
  t.deepEqual(problemsOf(t, { ...LEAST, requestTokenData: deep }), [
    `${path}expected a string that holds JSON: nested deeper than 64 levels`
  ])
  t.deepEqual(problemsOf(t, { ...LEAST, requestTokenData: JSON.parse(deep) }), [
    `${path}expected JSON data: nested deeper than 64 levels`
  ])
})

test('statuses reaches the full form', (t) => {
  const [route] = parse({ ...LEAST, statuses: 'relay' }).routes
  t.true(route !== undefined && 'statuses' in route && route.statuses === 'relay')
  t.deepEqual(problemsOf(t, { ...LEAST, statuses: 'relayed' }), [
    'statuses: expected txtoken or relay; did you mean relay?'
  ])
})

test('encKey has 32 bytes or more, as in the full form', (t) => {
  const hex = randomBytes(64).toString('hex')
  const base64 = randomBytes(64).toString('base64')
  for (const encKey of [hex.slice(0, 32), hex, base64, hex.repeat(100), 'é'.repeat(16)]) {
    t.like(parse({ ...LEAST, encKey }).keys[0], { origin: 'secret', secret: encKey })
  }
  for (const length of [0, 1, 31]) {
    const problem = `encKey: found a secret of ${length} bytes, expected at least 32 bytes for HS256 (RFC 7518, section 3.2)`
    t.deepEqual(problemsOf(t, { ...LEAST, encKey: 'x'.repeat(length) }), [problem])
  }
})

test('a key pair is rejected as encKey, wherever its text comes from', (t) => {
  const pem = toPem(generateKeys('ES256').verifying)
  const problem =
    'encKey: found a PEM text, expected a shared secret; a key pair goes under private'
  for (const encKey of [pem, pem.replaceAll('\n', '\\n'), Buffer.from(pem).toString('base64')]) {
    t.deepEqual(problemsOf(t, { ...LEAST, encKey }), [problem])
  }
})

test('encKey may be in a file or in the environment', async (t) => {
  const folder = await writeFiles(t, { key: `${encKey}\n`, short: `${SECRET}\n` })
  const secretOf = (value: unknown) =>
    parse({ ...LEAST, encKey: value }, { folder, env: { KEY: encKey } }).keys
  const keys = parse(LEAST).keys
  for (const value of [{ file: 'key' }, { env: 'KEY' }, '${KEY}'])
    t.deepEqual(secretOf(value), keys)
  t.deepEqual(problemsOf(t, { ...LEAST, encKey: { file: 'short' } }, { folder }), [
    'encKey: found a secret of 20 bytes, expected at least 32 bytes for HS256 (RFC 7518, section 3.2)'
  ])
})

test('two equal routes of the flat form, and routes of the service itself, are rejected', (t) => {
  t.deepEqual(problemsOf(t, { ...LEAST, getTokenRoute: '/a', checkTokenRoute: '/a' }), [
    'checkTokenRoute: /a is a route already, expected another path'
  ])
  t.deepEqual(problemsOf(t, { ...LEAST, getTokenRoute: '/checkToken' }), [
    'checkTokenRoute: /checkToken is a route already, expected another path'
  ])
  for (const path of ['/livez', '/readyz', '/healthz', '/metrics']) {
    t.deepEqual(problemsOf(t, { ...LEAST, getTokenRoute: path }), [
      `getTokenRoute: ${path} is answered by the service itself, expected another path`
    ])
  }
  t.notThrows(() => parse({ ...LEAST, getTokenRoute: '/a', checkTokenRoute: '/A' }))
})

test('every problem is reported at once, with the names of the flat form and without secrets', (t) => {
  const problems = problemsOf(t, {
    prot: 1,
    port: 70_000,
    debug: 1,
    encKey: SECRET,
    remote: `http://user:${SECRET}@example.com`,
    expHours: 0,
    getTokenRoute: 'getToken',
    checkTokenRoute: '/metrics',
    requestTokenData: `{"a": "${SECRET}`,
    statuses: '${MISSING}'
  })
  t.deepEqual(problems.toSorted(), [
    'checkTokenRoute: /metrics is answered by the service itself, expected another path',
    'debug: expected true or false, found a number',
    'encKey: found a secret of 20 bytes, expected at least 32 bytes for HS256 (RFC 7518, section 3.2)',
    'expHours: expected a number of hours from 0.0003 (about a second) to 876000',
    'getTokenRoute: expected a path that starts with a slash and has letters, digits and . _ ~ - only',
    'port: expected a whole number from 0 to 65535',
    'prot: unknown key, did you mean port?',
    'remote: expected a URL without a user name and password',
    'requestTokenData: expected a string that holds JSON: not valid JSON',
    'statuses: environment variable MISSING is not set, and there is no default'
  ])
  t.false(problems.join().includes(SECRET))
})

test('missing keys are reported', (t) => {
  t.deepEqual(problemsOf(t, {}), [
    'encKey: expected text in quotes, { file: path } or { env: NAME }, found nothing',
    'remote: expected an http:// or https:// URL, found nothing'
  ])
  t.deepEqual(problemsOf(t, 'port:\nencKey:\nremote:\n'), [
    'port: expected a whole number from 0 to 65535, found an empty value',
    'encKey: expected text in quotes, { file: path } or { env: NAME }, found an empty value',
    'remote: expected an http:// or https:// URL, found an empty value'
  ])
})

test('a remote with braces that are not a variable is reported', (t) => {
  t.deepEqual(problemsOf(t, { encKey: SECRET.repeat(2), remote: 'https://login.example/a{x}' }), [
    'remote: expected variables to be whole segments of the path or values of the query'
  ])
})
