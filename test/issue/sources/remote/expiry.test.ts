import test from 'ava'
import { createNoteExpiry } from '../../../../src/issue/sources/remote/expiry.ts'
import { parseJsonText } from '../../../../src/json/json-text.ts'

/** What a reply with this value says, in seconds since 1970. */
function expiryOf(value: string, given: { expiresAt?: number } = {}): number | undefined {
  const limit = { ...given }
  createNoteExpiry(['user', 'until'], false)(parseJsonText(`{"user":{"until":${value}}}`, 9), limit)
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

test('the earlier of two counts', (t) => {
  t.is(expiryOf('7', { expiresAt: 8 }), 7)
  t.is(expiryOf('8', { expiresAt: 7 }), 7)
})

test('a reply that does not say is refused, unless it may', (t) => {
  for (const reply of [undefined, parseJsonText('{"user":{}}', 9), parseJsonText('7', 9)]) {
    const limit = {}
    createNoteExpiry(['user', 'until'], true)(reply, limit)
    t.deepEqual(limit, {})
    t.throws(() => createNoteExpiry(['user', 'until'], false)(reply, limit), {
      message: 'reply has no user.until'
    })
  }
})
