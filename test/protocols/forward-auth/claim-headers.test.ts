import test from 'ava'
import fc from 'fast-check'
import type { JsonText } from '../../../src/json/json-text.ts'
import { claimValue } from '../../../src/protocols/forward-auth/claim-headers.ts'

function toValue(claim: unknown): string {
  return claimValue(JSON.stringify({ claim }) as JsonText, ['claim'])
}

test('text, numbers, true and false are written unchanged', (t) => {
  t.is(toValue('ada'), 'ada')
  t.is(toValue('ada@example.com'), 'ada@example.com')
  t.is(toValue(true), 'true')
  t.is(toValue(0), '0')
  t.is(
    claimValue('{"a":{"id":12345678901234567890}}' as JsonText, ['a', 'id']),
    '12345678901234567890'
  )
})

test('a list has commas between its items, and commas in items are encoded', (t) => {
  t.is(toValue(['staff', 'a,b', 'c d', 7, false]), 'staff,a%2Cb,c%20d,7,false')
  t.is(toValue(['only']), 'only')
  t.is(toValue('a,b'), 'a%2Cb')
})

test('missing claims, objects and other values without a text give an empty header', (t) => {
  for (const claim of [
    undefined,
    null,
    {},
    { a: 1 },
    [],
    [null],
    ['a', {}],
    ['a', ['b']],
    '',
    '\ud800'
  ]) {
    t.is(toValue(claim), '', JSON.stringify(claim))
  }
  t.is(claimValue('{}' as JsonText, ['constructor', 'name']), '')
})

test('every text comes back from its header, and no header is more than printable ASCII', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1 }), (list) => {
      const wellFormed = list.filter((text) => !/\p{Surrogate}/u.test(text))
      const value = toValue(wellFormed)
      t.regex(value, /^[\x21-\x7e]*$/)
      t.deepEqual(value === '' ? [] : value.split(',').map(decodeURIComponent), wellFormed)
    })
  )
})

test('line ends in a claim cannot inject a header', (t) => {
  t.is(toValue('ada\r\nX-Auth-Groups: admin'), 'ada%0D%0AX-Auth-Groups:%20admin')
  t.is(toValue('\0\t\x7f%0A'), '%00%09%7F%250A')
  t.is(toValue('Zoë, 漢'), 'Zo%C3%AB%2C%20%E6%BC%A2')
})
