import test from 'ava'
import { shortenName } from '../../src/revocation/revocation.ts'
import { createRevocationList } from '../../src/revocation/revocation-list.ts'
import { createFakeClock } from '../helpers/fake-clock.ts'

const ISSUER = 'https://a.example'
const HOUR_MS = 3_600_000
const NEVER = Number.POSITIVE_INFINITY

test('a token is revoked by its issuer and jti together', (t) => {
  const { now } = createFakeClock()
  const list = createRevocationList(now)
  const until = now() + HOUR_MS
  list.add({ revoked: { kind: 'token', issuer: ISSUER, jti: 'one' }, until })
  t.true(list.isRevoked({ claims: { iss: ISSUER, jti: 'one' } }))
  t.false(list.isRevoked({ claims: { iss: ISSUER, jti: 'two' } }))
  t.false(list.isRevoked({ claims: { iss: 'https://b.example', jti: 'one' } }))
  t.false(list.isRevoked({ claims: { jti: 'one' } }))
  t.false(list.isRevoked({ claims: { iss: ISSUER } }))
})

test('a token without an issuer is revoked by its jti alone', (t) => {
  const { now } = createFakeClock()
  const list = createRevocationList(now)
  list.add({ revoked: { kind: 'token', issuer: undefined, jti: 'one' }, until: now() + HOUR_MS })
  t.true(list.isRevoked({ claims: { jti: 'one' } }))
  t.false(list.isRevoked({ claims: { iss: ISSUER, jti: 'one' } }))
})

test('a revoked subject covers tokens issued up to a whole second, and tokens without iat', (t) => {
  const { now } = createFakeClock()
  const list = createRevocationList(now)
  const issuedUpTo = Math.floor(now() / 1000)
  list.add({
    revoked: { kind: 'subject', issuer: ISSUER, subject: 'alice', issuedUpTo },
    until: now() + HOUR_MS
  })
  const isRevoked = (iat: unknown, sub = 'alice') =>
    list.isRevoked({ claims: { iss: ISSUER, sub, iat } })
  t.true(isRevoked(issuedUpTo - 100))
  t.true(isRevoked(issuedUpTo), 'the same second')
  t.true(isRevoked(issuedUpTo + 0.9), 'a fraction of the same second')
  t.false(isRevoked(issuedUpTo + 1))
  t.true(isRevoked(undefined))
  t.true(isRevoked('tomorrow'))
  t.true(isRevoked(Number.NaN))
  t.true(isRevoked(Number.POSITIVE_INFINITY))
  t.false(isRevoked(undefined, 'bob'))
})

test('a later revocation of a subject covers more, and an earlier one removes nothing', (t) => {
  const { now } = createFakeClock()
  const list = createRevocationList(now)
  const revoke = (issuedUpTo: number, hours: number) =>
    list.add({
      revoked: { kind: 'subject', issuer: undefined, subject: 'alice', issuedUpTo },
      until: now() + hours * HOUR_MS
    })
  revoke(100, 2)
  revoke(200, 1)
  revoke(50, 1)
  t.is(list.size(), 1)
  t.true(list.isRevoked({ claims: { sub: 'alice', iat: 200 } }))
  t.deepEqual(
    [...list.entries()].map(({ until }) => until),
    [now() + 2 * HOUR_MS]
  )
})

test('a key is revoked by the kid of the key that verified, for good', (t) => {
  const clock = createFakeClock()
  const list = createRevocationList(clock.now)
  list.add({ revoked: { kind: 'key', kid: 'leaked' }, until: NEVER })
  clock.jump(1e12)
  list.sweep()
  t.true(list.isRevoked({ claims: {}, kid: 'leaked' }))
  t.false(list.isRevoked({ claims: {}, kid: 'other' }))
  t.false(list.isRevoked({ claims: { kid: 'leaked' } }))
})

test('entries are removed once they have expired', (t) => {
  const clock = createFakeClock()
  const list = createRevocationList(clock.now)
  const until = clock.now() + HOUR_MS
  list.add({ revoked: { kind: 'token', issuer: ISSUER, jti: 'one' }, until })
  list.add({ revoked: { kind: 'token', issuer: ISSUER, jti: 'two' }, until: until + 1 })
  list.add({ revoked: { kind: 'subject', issuer: ISSUER, subject: 'a', issuedUpTo: 1 }, until })
  list.add({ revoked: { kind: 'token', issuer: ISSUER, jti: 'past' }, until: clock.now() })
  t.is(list.size(), 3)
  clock.jump(HOUR_MS)
  t.is([...list.entries()].length, 1)
  list.sweep()
  t.is(list.size(), 1)
  t.true(list.isRevoked({ claims: { iss: ISSUER, jti: 'two' } }))
})

test('a long name takes no more memory than another, and is not mistaken for its hash', (t) => {
  const long = 'x'.repeat(5000)
  const short = shortenName(long)
  t.is(short.length, 65)
  t.not(shortenName(short), short)
  t.is(shortenName('y'.repeat(64)).length, 64)
  const { now } = createFakeClock()
  const list = createRevocationList(now)
  list.add({ revoked: { kind: 'token', issuer: undefined, jti: short }, until: NEVER })
  t.true(list.isRevoked({ claims: { jti: long } }))
  t.false(list.isRevoked({ claims: { jti: short } }))
})
