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

test('or its members are claims, without those that say who and until when', (t) => {
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

test('claims are picked by their paths, and may be missing where the path ends with ?', (t) => {
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
  for (const id of ['null', 'true', '""', '{}', '["a"]']) {
    const error = t.throws(() => sub(id), { instanceOf: ServiceError }, id)
    t.is(error?.message, 'id of the reply is no sub, expected text')
  }
  const aud = (id: string) => take(picking({ aud: 'id' }), `{"id":${id}}`).aud
  t.is(aud('["a",7]'), '["a","7"]')
  t.is(aud('"a"'), '"a"')
  for (const id of ['[]', '["a",null]', '[""]', '{"a":1}']) t.throws(() => aud(id), undefined, id)
})

test('names are dropped from what is taken, at every depth', (t) => {
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

/** What a reply with this value says, in seconds since 1970. */
function expiryOf(value: string, given: { expiresAt?: number } = {}): number | undefined {
  const limit = { ...given }
  createNoteExpiry({ path: ['user', 'until'], isOptional: false })(
    parseJsonText(`{"user":{"until":${value}}}`, 9),
    limit
  )
  return limit.expiresAt
}

const times: [value: string, seconds: number][] = [
  ['1893456000', 1_893_456_000],
  ['1893456000.9', 1_893_456_000],
  ['1.893456e9', 1_893_456_000],
  ['1893456000999', 1_893_456_000],
  ['100000000000', 100_000_000_000],
  ['100000000001', 100_000_000],
  ['0', 0],
  ['-1', -1],
  ['"2030-01-01"', 1_893_456_000],
  ['"2030-01-01T00:00Z"', 1_893_456_000],
  ['"2030-01-01T00:00:00.999Z"', 1_893_456_000],
  ['"2030-01-01T01:00:00+01:00"', 1_893_456_000],
  ['"2028-02-29"', 1_835_395_200]
]

for (const [value, seconds] of times) {
  test(`${value} is ${seconds} seconds since 1970`, (t) => {
    t.is(expiryOf(value), seconds)
  })
}

for (const value of [
  'null',
  'true',
  '{}',
  '[1893456000]',
  '""',
  '"1893456000"',
  '1e400',
  '"2030-01-01T00:00:00"',
  '"2030-02-30"',
  '"2030-02-30T00:00:00Z"',
  '"2030-13-01"',
  '"2030-01-01T25:00:00Z"',
  '"01/02/2030"',
  '"tomorrow"'
]) {
  test(`${value} is no time`, (t) => {
    t.like(
      t.throws(() => expiryOf(value)),
      {
        code: 'remote_reply',
        message: 'user.until of the reply is no time, expected seconds, milliseconds or a date'
      }
    )
  })
}

test('the earlier of two expiries counts', (t) => {
  t.is(expiryOf('7', { expiresAt: 8 }), 7)
  t.is(expiryOf('8', { expiresAt: 7 }), 7)
})

test('a reply without the path of the expiry is rejected, unless the path is optional', (t) => {
  for (const reply of [undefined, parseJsonText('{"user":{}}', 9), parseJsonText('7', 9)]) {
    const limit = {}
    createNoteExpiry({ path: ['user', 'until'], isOptional: true })(reply, limit)
    t.deepEqual(limit, {})
    t.throws(() => createNoteExpiry({ path: ['user', 'until'], isOptional: false })(reply, limit), {
      message: 'reply has no user.until'
    })
  }
})
