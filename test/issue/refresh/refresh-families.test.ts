import test from 'ava'
import type { ClaimsInParts } from '../../../src/issue/refresh/family-state.ts'
import { createRefreshFamilies } from '../../../src/issue/refresh/refresh-families.ts'
import { toJsonText } from '../../../src/json/json-text.ts'
import { createRevoke, type Revocation } from '../../../src/revocation/revocation.ts'
import { createRevocations } from '../../../src/revocation/revocations.ts'
import { createMemoryStore } from '../../../src/revocation/stores/memory-store.ts'
import { StoreFullError } from '../../../src/revocation/stores/store.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'

const NO_CLAIMS: ClaimsInParts = { before: new Map(), remote: new Map(), after: new Map() }

/** Families on a store in memory, which may be full. */
function build({ lifetimeMs = 1e9, maxEntries = 100 } = {}) {
  const clock = createFakeClock()
  const store = createMemoryStore(clock)
  const names = new Set<string>()
  const revoked: Revocation[] = []
  let isFull = false
  const revocations = createRevocations({
    store: {
      ...store,
      add: async (revocation) => void revoked.push(revocation),
      records: {
        ...store.records,
        async put(name, record) {
          if (isFull) throw new StoreFullError('no space')
          names.add(name)
          await store.records.put(name, record)
        },
        async swap(name, expected, next) {
          if (isFull && next !== undefined) throw new StoreFullError('no space')
          return store.records.swap(name, expected, next)
        }
      }
    },
    ...clock,
    report: { entries() {}, available() {}, synchronized() {} }
  })
  const revoke = createRevoke({
    revoke: (revocation) => revocations.revoke(revocation, maxEntries),
    skewMs: 0,
    keepSubjectsMs: 1e9,
    now: clock.now
  })
  const families = createRefreshFamilies({
    records: revocations.records,
    revoke,
    isSubjectRevoked: () => false,
    route: 'main /token',
    lifetimeMs,
    longestUseMs: 1000,
    maxBytes: 2000,
    now: clock.now
  })
  const content = ({ issuer = 'https://a.example', seconds = 3600, claims = NO_CLAIMS } = {}) => ({
    claims,
    token: { issuer, expiresAt: clock.now() / 1000 + seconds }
  })

  async function login(): Promise<{ name: string; token: string }> {
    const family = families.create()
    return { name: family.name, token: refreshTokenOf(await families.begin(family, content())) }
  }

  async function refresh(token: string, next = content()): Promise<string> {
    return refreshTokenOf(await families.rotate(await families.take(token), next))
  }

  return {
    ...{ clock, families, revoke, revoked, names, content, login, refresh },
    isRevoked: (jti: string, iss = 'https://a.example') =>
      revocations.isRevoked({ claims: { iss, jti } }),
    fill(full: boolean) {
      isFull = full
    }
  }
}

function refreshTokenOf(next: object): string {
  return 'refreshToken' in next ? String(next.refreshToken) : ''
}

const REUSED = { code: 'invalid_grant', message: 'Refresh token was used before' }
const UNKNOWN = { code: 'invalid_grant', message: 'Refresh token is unknown or has expired' }
const FULL = { code: 'store_full' }

test('a family is one record and no list entry, however often it is refreshed', async (t) => {
  const { login, refresh, names, revoked, families } = build()
  const { token: first } = await login()
  let token = first
  for (let count = 0; count < 500; count++) token = await refresh(token)
  t.is(names.size, 1)
  t.deepEqual(revoked, [])
  t.is((await families.take(token)).state.tokens.length, 1)
  await t.throwsAsync(refresh(first), REUSED)
})

test('every spent token of a family ends it, and one entry revokes all of its tokens', async (t) => {
  const { login, refresh, isRevoked, revoked } = build()
  const { name, token } = await login()
  const second = await refresh(token)
  const third = await refresh(second)
  await t.throwsAsync(refresh(token), REUSED)
  await t.throwsAsync(refresh(third), UNKNOWN)
  await t.throwsAsync(refresh(second), UNKNOWN)
  t.is(revoked.length, 1)
  for (const id of ['a', 'b']) t.true(isRevoked(`${name}.${id.repeat(22)}`))
  t.false(isRevoked(`${name}.${'a'.repeat(21)}`))
  t.false(isRevoked(`${name}.${'a'.repeat(22)}`, 'https://b.example'))
  const other = await login()
  t.false(isRevoked(`${other.name}.${'a'.repeat(22)}`))
})

test('where the remote changes the issuer, the tokens of each issuer are revoked', async (t) => {
  const { login, refresh, content, isRevoked } = build()
  const { name, token } = await login()
  const second = await refresh(token, content({ issuer: 'https://b.example', seconds: 60 }))
  const third = await refresh(second, content({ issuer: 'https://c.example', seconds: 10 }))
  await t.throwsAsync(refresh(second), REUSED)
  await t.throwsAsync(refresh(third), UNKNOWN)
  for (const issuer of ['a', 'b', 'c']) {
    t.true(isRevoked(`${name}.${'x'.repeat(22)}`, `https://${issuer}.example`))
  }
})

test('an earlier token with a later expiry is revoked until it expires', async (t) => {
  const { login, refresh, content, revoked, clock } = build()
  const { token } = await login()
  const end = clock.now() + 3_600_000
  const second = await refresh(token, content({ seconds: 10 }))
  await t.throwsAsync(refresh(token), REUSED)
  t.is(revoked[0]?.until, end)
  await t.throwsAsync(refresh(second), UNKNOWN)
})

test('claims that are too large are not stored: no refresh token, and the family is removed', async (t) => {
  const { families, content, login, refresh, names, revoked } = build()
  const remote = new Map([['data', toJsonText('x'.repeat(2000))]])
  const large = content({ claims: { ...NO_CLAIMS, remote } })
  t.deepEqual(await families.begin(families.create(), large), { leftOut: 'size' })
  t.is(names.size, 0)
  const { token } = await login()
  t.deepEqual(await families.rotate(await families.take(token), large), { leftOut: 'size' })
  await t.throwsAsync(refresh(token), UNKNOWN)
  t.deepEqual(revoked, [], 'the token that was issued is good')
})

test('claims come back digit for digit, whatever is in them', async (t) => {
  const { families, content } = build()
  const texts = ['12345678901234567890', '1.0', '"\\u0061\\"{}[],:"', '{"a":[{"b":null}]}']
  const claims = {
    before: new Map(texts.map((text, index) => [`before "${index}"`, text as never])),
    remote: new Map([['__proto__', texts[2] as never]]),
    after: new Map([['', texts[3] as never]])
  }
  const begun = await families.begin(families.create(), content({ claims }))
  t.deepEqual((await families.take(refreshTokenOf(begun))).state.claims, claims)
})

test('a full store: logins go on without refresh tokens, and refreshing reports the cause', async (t) => {
  const { families, content, login, refresh, fill } = build()
  const { token } = await login()
  fill(true)
  t.deepEqual(await families.begin(families.create(), content()), { leftOut: 'full' })
  await t.throwsAsync(refresh(token), { ...FULL, message: 'Store of refresh tokens is full' })
  fill(false)
  t.not(await refresh(token), '')
})

test('a spent token ends its family also in a full store', async (t) => {
  const { login, refresh, fill, isRevoked } = build()
  const { name, token } = await login()
  const second = await refresh(token)
  fill(true)
  await t.throwsAsync(refresh(token), REUSED)
  fill(false)
  await t.throwsAsync(refresh(second), UNKNOWN)
  t.true(isRevoked(`${name}.${'x'.repeat(22)}`))
})

test('while the list is full, a spent token ends its family; its tokens are revoked once there is room', async (t) => {
  const { clock, login, refresh, revoke, isRevoked } = build({ maxEntries: 1 })
  const { name, token } = await login()
  const second = await refresh(token)
  await revoke.token(undefined, 'fills the list', clock.now() / 1000 + 10)
  await t.throwsAsync(refresh(token), { ...FULL, message: 'List of revocations is full' })
  await t.throwsAsync(refresh(second), FULL, 'it is not exchanged')
  t.false(isRevoked(`${name}.${'x'.repeat(22)}`))
})

test('a family that was evicted is unknown, also at the end of its use', async (t) => {
  const { login, families, content, refresh } = build({ lifetimeMs: 10 })
  const { token, name } = await login()
  const use = await families.take(token)
  await families.end({ name })
  await t.throwsAsync(families.rotate(use, content()), {
    code: 'invalid_grant',
    message: 'Refresh token was revoked or forgotten meanwhile'
  })
  await t.throwsAsync(refresh(token), UNKNOWN)
})
