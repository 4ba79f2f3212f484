import test from 'ava'
import fc from 'fast-check'
import { createTimeRequirement } from '../../src/check/requirements.ts'

const seconds = fc.integer({ min: 0, max: 4_000_000_000 })

function isMet(requirement: () => void): boolean {
  try {
    requirement()
    return true
  } catch {
    return false
  }
}

test('a token is valid from nbf until exp', (t) => {
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

test('the clock is read each time', (t) => {
  let now = 999
  const requirement = createTimeRequirement(() => now)
  requirement({ claims: { exp: 1 } })
  now = 1000
  t.throws(() => requirement({ claims: { exp: 1 } }), { message: 'Token is expired' })
})

for (const value of [null, '', '1', true, {}, [], [1], Number.NaN, Infinity, -Infinity, 1n]) {
  test(`a time of ${String(value)} (${typeof value}) is rejected`, (t) => {
    const requirement = createTimeRequirement(() => 0)
    t.throws(() => requirement({ claims: { exp: value } }), {
      message: 'Token has an exp that is no time in seconds'
    })
    t.throws(() => requirement({ claims: { nbf: value } }), {
      message: 'Token has an nbf that is no time in seconds'
    })
  })
}

test('an iat may be a minute ahead of the clock, whatever the skew is', (t) => {
  const requirement = createTimeRequirement(() => 1_000_000)
  t.notThrows(() => requirement({ claims: { iat: 1060 } }))
  t.throws(() => requirement({ claims: { iat: 1060.001 } }), {
    message: 'Token is issued in the future'
  })
  t.throws(() => requirement({ claims: { iat: '1' } }), {
    message: 'Token has an iat that is no time in seconds'
  })
})

test('an exp may be required', (t) => {
  const requirement = createTimeRequirement(() => 1_000_000, { requireExp: true })
  t.notThrows(() => requirement({ claims: { exp: 1001 } }))
  t.throws(() => requirement({ claims: {} }), { message: 'Token has no exp' })
})

test('the skew is allowed on both sides, and no more', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), (skewSeconds) => {
      const requirement = createTimeRequirement(() => 1_000_000, { skewSeconds })
      const meets = (claims: object) => isMet(() => requirement({ claims: { ...claims } }))
      t.true(meets({ exp: 1000 - skewSeconds + 0.001 }))
      t.false(meets({ exp: 1000 - skewSeconds }))
      t.true(meets({ nbf: 1000 + skewSeconds }))
      t.false(meets({ nbf: 1000 + skewSeconds + 0.001 }))
      t.true(meets({ iat: 1000 + Math.max(60, skewSeconds) }))
      t.false(meets({ iat: 1000 + Math.max(60, skewSeconds) + 0.001 }))
    })
  )
})

test('a maximum age counts from iat, which is then required', (t) => {
  const requirement = createTimeRequirement(() => 1_000_000, { maxAgeSeconds: 60, skewSeconds: 5 })
  t.notThrows(() => requirement({ claims: { iat: 935 } }))
  t.throws(() => requirement({ claims: { iat: 934.9 } }), { message: 'Token is too old' })
  t.throws(() => requirement({ claims: { exp: 2000 } }), { message: 'Token has no iat' })
})
