import test, { type ExecutionContext } from 'ava'
import { ServiceError } from '../../src/errors.ts'
import {
  createRevocationRequirement,
  type WhenUnavailable
} from '../../src/revocation/requirement.ts'
import { createRevocations } from '../../src/revocation/revocations.ts'
import type { RevocationFollower, RevocationStore } from '../../src/revocation/stores/store.ts'
import { createFakeClock } from '../helpers/fake-clock.ts'

const GOOD = { claims: { jti: 'good' } }
const REVOKED = { claims: { jti: 'revoked' } }

test('a revoked token is rejected, another passes', async (t) => {
  const { outcome } = await build(t, 'closed')
  t.is(outcome(GOOD), 'passed')
  t.is(outcome(REVOKED), 'invalid_token revoked')
})

test('without the store, every token is rejected until it is back', async (t) => {
  const { outcome, store } = await build(t, 'closed')
  store.unavailable('gone')
  t.is(outcome(GOOD), 'check_unavailable')
  t.is(outcome(REVOKED), 'check_unavailable')
  store.available()
  t.is(outcome(GOOD), 'passed')
})

test('open-for checks by the list in memory for its time, and is closed after it', async (t) => {
  const { outcome, store, clock, log, openChecks } = await build(t, { openForMs: 30_000 })
  store.unavailable('gone')
  await clock.advance(29_999)
  t.is(outcome(GOOD), 'passed')
  t.is(outcome(REVOKED), 'invalid_token revoked')
  t.is(openChecks(), 1)
  t.regex(log.join(), /checked without it/)
  await clock.advance(1)
  t.is(outcome(GOOD), 'check_unavailable')
  t.regex(log.join(), /rejected from now on/)
  store.available()
  t.is(outcome(GOOD), 'passed')
  t.is(openChecks(), 1)
  store.unavailable('gone again')
  await clock.advance(29_999)
  t.is(outcome(GOOD), 'passed', 'each time has its own')
})

test('a list that was never read rejects checks, whatever the setting', async (t) => {
  const { requirement, outcome, store, log } = await build(t, { openForMs: 30_000 }, false)
  const error = t.throws(() => requirement.isNotRevoked(GOOD), { instanceOf: ServiceError })
  t.is(error?.code, 'check_unavailable')
  t.is(String(error?.cause), 'Error: revocation store: not there yet')
  t.regex(log.join(), /not there yet.*tokens are rejected/)
  store.available()
  t.is(outcome(GOOD), 'passed')
})

test('a reload while the store is unavailable keeps the remaining time of open-for', async (t) => {
  const { store, clock, reload } = await build(t, { openForMs: 30_000 })
  store.unavailable('gone')
  await clock.advance(20_000)
  const reloaded = reload({ openForMs: 30_000 })
  t.is(reloaded.outcome(GOOD), 'passed')
  t.is(reloaded.outcome(REVOKED), 'invalid_token revoked')
  await clock.advance(9_999)
  t.is(reloaded.outcome(GOOD), 'passed')
  await clock.advance(1)
  t.is(reloaded.outcome(GOOD), 'check_unavailable')
  t.is(reload({ openForMs: 30_000 }).outcome(GOOD), 'check_unavailable')
  t.is(reload({ openForMs: 40_000 }).outcome(GOOD), 'passed', 'its own setting counts')
  t.is(reload('closed').outcome(GOOD), 'check_unavailable')
  store.available()
  t.is(reloaded.outcome(GOOD), 'passed')
})

test('a reload does not open a list that was never read', async (t) => {
  const { clock, reload } = await build(t, { openForMs: 30_000 }, false)
  t.is(reload({ openForMs: 30_000 }).outcome(GOOD), 'check_unavailable')
  await clock.advance(1000)
  t.is(reload({ openForMs: 30_000 }).outcome(GOOD), 'check_unavailable')
})

test('check_unavailable is a 503 with Retry-After', async (t) => {
  const { requirement, store } = await build(t, 'closed')
  store.unavailable('gone')
  const error = t.throws(() => requirement.isNotRevoked(GOOD), { instanceOf: ServiceError })
  t.is(error?.status, 503)
  t.is(error?.retryAfter, 1)
  t.is(String(error?.cause), 'Error: revocation store: gone', 'which the log shows')
})

/** A requirement on a store whose availability the test controls. */
async function build(t: ExecutionContext, whenUnavailable: WhenUnavailable, isRead = true) {
  const clock = createFakeClock()
  const log: string[] = []
  let store: RevocationFollower | undefined
  let openChecks = 0
  const fake: RevocationStore = {
    async start(follower) {
      store = follower
      if (isRead) follower.available()
      else follower.unavailable('not there yet')
    },
    async add() {},
    records: { get: async () => undefined, put: async () => {}, swap: async () => false },
    async close() {}
  }
  const revocations = createRevocations({
    store: fake,
    ...clock,
    report: { entries() {}, available() {}, synchronized() {} }
  })
  await revocations.start()
  const revoked = { kind: 'token', issuer: undefined, jti: 'revoked' } as const
  await revocations.revoke({ revoked, until: Number.POSITIVE_INFINITY }, 10)
  const write = (fields: object, message: string) =>
    void log.push(`${JSON.stringify(fields)} ${message}`)
  t.teardown(revocations.close)
  if (store === undefined) throw new Error('the store was not started')

  /** Makes the requirement of a configuration, on the same revocations. */
  function reload(whenUnavailable: WhenUnavailable) {
    const requirement = createRevocationRequirement({
      revocations,
      whenUnavailable,
      startTimer: clock.startTimer,
      log: { info: write, warn: write },
      onOpenCheck: () => openChecks++
    })
    t.teardown(requirement.close)
    return {
      requirement,
      outcome(verified: Parameters<typeof requirement.isNotRevoked>[0]) {
        try {
          requirement.isNotRevoked(verified)
          requirement.countOpenCheck()
          return 'passed'
        } catch (error) {
          if (!(error instanceof ServiceError)) throw error
          return [error.code, error.reason].filter(Boolean).join(' ')
        }
      }
    }
  }

  return { ...reload(whenUnavailable), reload, store, clock, log, openChecks: () => openChecks }
}
