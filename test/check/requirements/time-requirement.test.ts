import test from 'ava'
import fc from 'fast-check'
import { createTimeRequirement } from '../../../src/check/requirements/time-requirement.ts'

const seconds = fc.integer({ min: 0, max: 4_000_000_000 })

function isMet(requirement: () => void): boolean {
  try {
    requirement()
    return true
  } catch {
    return false
  }
}

test('a token is good from nbf on, and until exp', (t) => {
  fc.assert(
    fc.property(seconds, seconds, seconds, (now, nbf, exp) => {
      const requirement = createTimeRequirement(() => now * 1000)
      t.is(
        isMet(() => requirement({ claims: { nbf, exp } })),
        nbf <= now && now < exp
      )
      t.is(
        isMet(() => requirement({ claims: { nbf } })),
        nbf <= now
      )
      t.is(
        isMet(() => requirement({ claims: { exp } })),
        now < exp
      )
    })
  )
})

test('the clock is asked each time', (t) => {
  let now = 999
  const requirement = createTimeRequirement(() => now)
  requirement({ claims: { exp: 1 } })
  now = 1000
  t.throws(() => requirement({ claims: { exp: 1 } }), { message: 'Token is expired' })
})

for (const value of [null, '', '1', true, {}, [], [1], Number.NaN, Infinity, -Infinity, 1n]) {
  test(`a time of ${String(value)} (${typeof value}) is no time`, (t) => {
    const requirement = createTimeRequirement(() => 0)
    t.throws(() => requirement({ claims: { exp: value } }), {
      message: 'Token has an exp that is no number'
    })
    t.throws(() => requirement({ claims: { nbf: value } }), {
      message: 'Token has an nbf that is no number'
    })
  })
}
