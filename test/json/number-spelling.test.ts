import test from 'ava'
import { spellNumber } from '../../src/json/number-spelling.ts'

test('a number has one spelling, whichever way it is written', (t) => {
  for (const [expected, ...others] of [
    [
      '1234',
      '1234.0',
      '1234.00',
      '12340e-1',
      '1234E0',
      '1.234e3',
      '0.1234e+4',
      '1234e-0',
      '1234e00'
    ],
    ['1000', '1e3', '1E+3', '10e2', '0.001e6'],
    ['0', '-0', '0.0', '0e5', '0E-99999999999999999999'],
    ['-12', '-12.0', '-1.2e1'],
    ['1e99999999', '10e99999998', '0.1e100000000'],
    ['7', `7.${'0'.repeat(5000)}`, `7${'0'.repeat(5000)}e-5000`]
  ] as const) {
    for (const other of others) t.is(spellNumber(other), spellNumber(expected), other)
  }
})

test('digits of integers are kept', (t) => {
  t.is(spellNumber('12345678901234567890'), '1234567890123456789e1')
  t.not(spellNumber('12345678901234567890'), spellNumber('12345678901234567891'))
  t.not(spellNumber('12'), spellNumber('-12'))
  t.not(spellNumber('12'), spellNumber('120'))
})

test('a fraction that readers round away or drop makes no other number', (t) => {
  for (const text of ['1234.00000000000000000001', '1233.99999999999999999999', '1234.5']) {
    t.is(spellNumber(text), spellNumber('1234'), text)
  }
  t.is(spellNumber('1e-400'), '0e0')
  t.is(spellNumber('-0.5'), '0e0')
})

test('exponents of any length take no time and no memory', (t) => {
  t.is(spellNumber(`1e${'9'.repeat(100_000)}`), '1eInfinity')
  t.is(spellNumber(`1e-${'9'.repeat(100_000)}`), '0e0')
  t.is(spellNumber(`1${'0'.repeat(500_000)}1`)?.length, 500_004)
  t.is(typeof spellNumber(`1${'0'.repeat(500)}.5`), 'string')
})

test('other text is no number', (t) => {
  for (const text of ['', '01', '+1', '1.', '.5', '0x10', 'Infinity', 'a', '1 ', '١']) {
    t.is(spellNumber(text), undefined, text)
  }
})
