import test from 'ava'
import fc from 'fast-check'
import { ServiceError } from '../../../../src/errors.ts'
import { IDENTITY_CLAIMS, RESERVED_CLAIMS } from '../../../../src/issue/claims.ts'
import {
  createNoteExpiry,
  createTakeClaims,
  type TakeClaimsOptions
} from '../../../../src/issue/sources/remote/reply.ts'
import { parseJsonPath } from '../../../../src/json/json-path.ts'
import { type JsonText, parseJsonText } from '../../../../src/json/json-text.ts'
import { spelledJson } from '../../../helpers/json-arbitrary.ts'

function take(options: TakeClaimsOptions, reply: string): Record<string, string> {
  return Object.fromEntries(createTakeClaims(options)(parseJsonText(reply, 64)))
}

/** One pick for each claim. */
function picking(paths: Record<string, string>): TakeClaimsOptions {
  return {
    pick: Object.entries(paths).map(([claim, path]) => ({
      claim,
      path: parseJsonPath(path.replace(/\?$/, '')),
      isOptional: path.endsWith('?')
    }))
  }
}

test('the whole reply goes under one claim, whatever it is', (t) => {
  for (const reply of ['{"exp":1.10,"sub":"x"}', '[1e400]', 'null', '"a"']) {
    t.deepEqual(take({ at: 'data' }, reply), { data: reply })
  }
})

test('claims are picked beside the whole reply', (t) => {
  const reply = '{"user":{"id":7,"password":"p"}}'
  t.deepEqual(
    take({ at: 'data', drop: ['password'], ...picking({ sub: 'user.id', mail: 'mail?' }) }, reply),
    {
      data: '{"user":{"id":7}}',
      sub: '"7"'
    }
  )
  t.throws(() => take({ at: 'data', ...picking({ sub: 'id' }) }, reply), {
    message: 'reply has no id'
  })
})

test('merged members become claims, without the claims of identity and time', (t) => {
  const names = [...RESERVED_CLAIMS, ...IDENTITY_CLAIMS, 'a', 'b']
  const reply = `{${names.map((name) => `"${name}":{"${name}":1.10}`).join(',')}}`
  t.deepEqual(take({}, reply), { a: '{"a":1.10}', b: '{"b":1.10}' })
  t.deepEqual(take({}, '{"\\u0065xp":1,"s\\u0075b":"root"}'), {})
  t.deepEqual(take({}, '{"a":1,"a":2}'), { a: '2' })
})

test('a reply is merged up to 10,000 members, and is an error beyond them', (t) => {
  const replyOf = (count: number) =>
    `{${Array.from({ length: count }, (_, index) => `"m${index}":0`).join(',')}}`
  t.is(Object.keys(take({}, replyOf(10_000))).length, 10_000)
  t.throws(() => take({}, replyOf(10_001)), { message: 'reply has more than 10000 members' })
  t.deepEqual(take({ at: 'data' }, replyOf(10_001)), { data: replyOf(10_001) })
})

test('a reply that has no members cannot be merged', (t) => {
  for (const reply of ['[]', 'null', '"{}"', '1']) {
    const error = t.throws(() => take({}, reply), { instanceOf: ServiceError })
    t.like(error, { code: 'remote_reply', message: 'reply is not an object' })
  }
})

test('null adds no claims if so configured', (t) => {
  t.deepEqual(take({ takesNull: true }, 'null'), {})
  t.throws(() => take({ takesNull: true }, '[]'), { message: 'reply is not an object' })
  t.deepEqual(take({ at: 'data', takesNull: true }, 'null'), { data: 'null' })
  t.throws(() => take({ ...picking({ a: 'a' }), takesNull: true }, 'null'))
})

test('claims are picked by paths, and may be missing where the path ends with ?', (t) => {
  const reply = '{"user":{"id":"ada","roles":["a","b"],"age":1.10},"a.b":null}'
  t.deepEqual(
    take(
      picking({ sub: 'user.id', groups: 'user.roles', first: 'user.roles.0', n: 'a\\.b' }),
      reply
    ),
    { sub: '"ada"', groups: '["a","b"]', first: '"a"', n: 'null' }
  )
  t.deepEqual(take(picking({ age: 'user.age?', none: 'user.none?' }), reply), { age: '1.10' })
  const error = t.throws(() => take(picking({ x: 'user.a\\.b' }), reply))
  t.like(error, { code: 'remote_reply', status: 500, message: 'reply has no user.a\\.b' })
})

test('claims of identity are text: numbers become text with the same digits, anything else is rejected', (t) => {
  const sub = (id: string) => take(picking({ sub: 'id' }), `{"id":${id}}`).sub
  t.is(sub('"ada"'), '"ada"')
  t.is(sub('12345678901234567890'), '"12345678901234567890"')
  for (const [id, found] of [
    ['null', 'null'],
    ['true', 'true or false'],
    ['""', 'an empty text'],
    ['{}', 'an object'],
    ['["a"]', 'a list']
  ] as const) {
    const error = t.throws(() => sub(id), { instanceOf: ServiceError }, id)
    t.is(error?.message, `id of the reply is ${found}, expected text for sub`)
  }
  t.deepEqual(take(picking({ sub: 'id?', a: 'id?' }), '{"id":null}'), { a: 'null' })
  const aud = (id: string) => take(picking({ aud: 'id' }), `{"id":${id}}`).aud
  t.is(aud('["a",7]'), '["a","7"]')
  t.is(aud('"a"'), '"a"')
  for (const id of ['[]', '["a",null]', '[""]', '{"a":1}']) t.throws(() => aud(id), undefined, id)
})

test('names are dropped from the reply, at every depth', (t) => {
  const drop = ['password', '*_secret']
  const reply = '{"a":{"Password":1,"b":[{"x_secret":2,"c":3}]},"password":4,"d":5.0}'
  const a = '{"b":[{"c":3}]}'
  t.deepEqual(take({ drop }, reply), { a, d: '5.0' })
  t.deepEqual(take({ at: 'data', drop }, reply), { data: `{"a":${a},"d":5.0}` })
  t.deepEqual(take({ ...picking({ a: 'a', password: 'password' }), drop }, reply), {
    a,
    password: '4'
  })
})

test('no digit of any reply is lost', (t) => {
  fc.assert(
    fc.property(spelledJson, ({ spaced, compact }) => {
      const reply = parseJsonText(`{"a" : ${spaced}, "b":{"c": [${spaced}]}}`, 64)
      const merged = createTakeClaims({})(reply)
      const picked = createTakeClaims(picking({ x: 'b.c.0' }))(reply)
      return (
        merged.get('a') === (compact as JsonText) &&
        merged.get('b') === `{"c":[${compact}]}` &&
        picked.get('x') === compact
      )
    })
  )
  t.pass()
})

/** 2025-01-01: when the remote was called. */
const NOW_SECONDS = 1_735_689_600

/** The expiry of a reply with this value, in seconds since 1970. */
function expiryOf(
  value: string,
  given: { expiresAt?: number } = {},
  name = 'until'
): number | undefined {
  const limit = { ...given }
  createNoteExpiry({ path: ['user', name], isOptional: false })(
    parseJsonText(`{"user":{"${name}":${value}}}`, 9),
    limit,
    NOW_SECONDS
  )
  return limit.expiresAt
}

const times: [value: string, seconds: number][] = [
  ['1893456000', 1_893_456_000],
  ['1893456000.9', 1_893_456_000],
  ['1.893456e9', 1_893_456_000],
  ['1893456000999', 1_893_456_000],
  ['1893456000999999', 1_893_456_000],
  ['1893456000500000000', 1_893_456_000],
  ['"1893456000"', 1_893_456_000],
  ['"1893456000.5"', 1_893_456_000],
  ['" 1893456000999 "', 1_893_456_000],
  ['2147483647', 2_147_483_647],
  ['253402300799', 253_402_300_799],
  ['253402300799999', 253_402_300_799],
  ['9007199254740991', 9_007_199_254],
  ['9223372036854775807', 9_223_372_036],
  ['3600', NOW_SECONDS + 3600],
  ['3600.9', NOW_SECONDS + 3600],
  ['"3600"', NOW_SECONDS + 3600],
  ['1', NOW_SECONDS + 1],
  ['999999999', NOW_SECONDS + 999_999_999],
  ['1000000000', 1_000_000_000],
  ['"1990-01-01"', 631_152_000],
  ['-2', -2],
  ['"2030-01-01"', 1_893_456_000],
  ['"2030-01-01T00:00Z"', 1_893_456_000],
  ['"2030-01-01T00:00:00.999Z"', 1_893_456_000],
  ['"2030-01-01T00:00:00.9999999Z"', 1_893_456_000],
  ['"2030-01-01t00:00:00z"', 1_893_456_000],
  ['"2030-01-01T01:00:00+01:00"', 1_893_456_000],
  ['"2030-01-01T01:00:00+0100"', 1_893_456_000],
  ['"2030-01-01 01:00:00+01"', 1_893_456_000],
  ['"2029-12-31 21:30:00 -0230"', 1_893_456_000],
  ['"2030-01-01 00:00:00 UTC"', 1_893_456_000],
  ['"2028-02-29"', 1_835_395_200],
  ['"Tue, 01 Jan 2030 00:00:00 GMT"', 1_893_456_000],
  ['"Tue, 1 Jan 2030 01:00:00 +0100"', 1_893_456_000],
  ['-1e30', -1e30],
  ['"2200-01-01T00:00:00"', 7_258_118_400],
  ['"2999-12-31 23:59:59"', 32_503_679_999]
]

for (const [value, seconds] of times) {
  test(`${value} is ${seconds} seconds since 1970`, (t) => {
    t.is(expiryOf(value), seconds)
  })
}

for (const value of [
  'null',
  'false',
  '0',
  '-1',
  '0.0',
  '1e400',
  '1e30',
  '999999999999',
  '1000000000000',
  '999999999999999',
  '1e15',
  '999999999999999999',
  '1e18',
  '"999999999999"',
  '""',
  '"0"',
  '"-1"',
  '"never"',
  '"Never"',
  '"infinity"',
  '"0001-01-01T00:00:00Z"',
  '"0001-01-01T00:00:00"',
  '-62135596800',
  '-62135596800000',
  '"-62135596800"',
  '"1970-01-01T00:00:00Z"',
  '"1970-01-01 00:00:00"',
  '"1601-01-01T00:00:00.0000000Z"',
  '"Thu, 01 Jan 1970 00:00:00 GMT"',
  '"Fri, 31 Dec 9999 23:59:59 GMT"',
  '"0000-00-00 00:00:00"',
  '"9999-12-31"',
  '"9999-12-31T23:59:59.9999999"',
  '"9999-12-31T23:59:59.9999999+02:00"',
  '"10000-01-01T00:00:00Z"',
  '"294276-12-31T23:59:59"',
  '"+275760-09-13T00:00:00.000Z"',
  '"+1000000000-12-31T23:59:59.999999999Z"'
]) {
  test(`${value} means no expiry, and limits nothing`, (t) => {
    t.is(expiryOf(value), undefined)
    t.is(expiryOf(value, { expiresAt: 7 }), 7)
  })
}

for (const value of [
  'true',
  '{}',
  '[1893456000]',
  '"2030-01-01T00:00:00"',
  '"2199-12-31T23:59:59"',
  '"2200-02-30T00:00:00"',
  '"2200-02-30"',
  '"+002030-01-01T00:00:00Z"',
  '"2030-02-30"',
  '"2030-02-30T00:00:00Z"',
  '"2030-13-01"',
  '"2030-01-01T25:00:00Z"',
  '"2030-01-01T00:00:00+99:99"',
  '"01/02/2030"',
  '"Tue, 30 Feb 2030 00:00:00 GMT"',
  '"Tue, 01 Xxx 2030 00:00:00 GMT"',
  '"1e9"',
  '"tomorrow"'
]) {
  test(`${value} is not a time`, (t) => {
    t.like(
      t.throws(() => expiryOf(value)),
      {
        code: 'remote_reply',
        message:
          'user.until of the reply is no time that can be read, expected seconds from now on, seconds or milliseconds since 1970, a date with its zone, or null for no end'
      }
    )
  })
}

for (const name of [
  'expires_in',
  'expiresIn',
  'EXPIRES-IN',
  'refreshExpiresIn',
  'ttl',
  'TTL_seconds'
]) {
  test(`${name} counts from now on, however large it is`, (t) => {
    for (const seconds of [60, 1_000_000_000, 1_261_440_000, 1_576_800_000, 3_153_600_000]) {
      t.is(expiryOf(`${seconds}`, {}, name), NOW_SECONDS + seconds)
      t.is(expiryOf(`"${seconds}"`, {}, name), NOW_SECONDS + seconds)
    }
    t.is(expiryOf('1893456000000', {}, name), 1_893_456_000)
    t.is(expiryOf('"2030-01-01"', {}, name), 1_893_456_000)
    t.is(expiryOf('0', {}, name), undefined)
  })
}

for (const name of ['expires_at', 'expires', 'ttl_end', 'in']) {
  test(`${name} is a time since 1970`, (t) => {
    t.is(expiryOf('1576800000', {}, name), 1_576_800_000)
  })
}

test('the earlier of two expiries counts', (t) => {
  t.is(expiryOf('2000000007', { expiresAt: 2_000_000_008 }), 2_000_000_007)
  t.is(expiryOf('2000000008', { expiresAt: 2_000_000_007 }), 2_000_000_007)
})

test('a reply without the path of the expiry is rejected, unless the path is optional', (t) => {
  for (const reply of [undefined, parseJsonText('{"user":{}}', 9), parseJsonText('7', 9)]) {
    const limit = {}
    createNoteExpiry({ path: ['user', 'until'], isOptional: true })(reply, limit, NOW_SECONDS)
    t.deepEqual(limit, {})
    t.throws(
      () =>
        createNoteExpiry({ path: ['user', 'until'], isOptional: false })(reply, limit, NOW_SECONDS),
      {
        message: 'reply has no user.until'
      }
    )
  }
})
