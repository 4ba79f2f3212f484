import test from 'ava'
import fc from 'fast-check'
import { parseDuration, parseSize } from '../../src/settings/units.ts'

test('durations are milliseconds', (t) => {
  t.is(parseDuration('0s'), 0)
  t.is(parseDuration('250ms'), 250)
  t.is(parseDuration('5s'), 5000)
  t.is(parseDuration('15m'), 900_000)
  t.is(parseDuration('1.5h'), 5_400_000)
  t.is(parseDuration('7d'), 604_800_000)
  t.is(parseDuration('0.0004s'), 0)
  t.is(parseDuration('0.0006s'), 1)
})

test('sizes are bytes', (t) => {
  t.is(parseSize('0B'), 0)
  t.is(parseSize('512B'), 512)
  t.is(parseSize('16KiB'), 16_384)
  t.is(parseSize('1MiB'), 1_048_576)
})

test('text that is not a duration is rejected', (t) => {
  const texts = [
    '',
    '5',
    's',
    '-1s',
    '+1s',
    '1 s',
    ' 1s',
    '1s ',
    '1s\n',
    '1S',
    '1.s',
    '.5s',
    '1e3s',
    '1h30m',
    '1w',
    '٣s'
  ]
  for (const text of texts) t.throws(() => parseDuration(text), { instanceOf: TypeError }, text)
})

test('text that is not a size is rejected', (t) => {
  const texts = ['', '5', 'B', '-1B', '1.5MiB', '1 B', '1B\n', '1kb', '1KB', '1MB', '1GiB', '0x1B']
  for (const text of texts) t.throws(() => parseSize(text), { instanceOf: TypeError }, text)
})

test('whole amounts are formatted as they were written', (t) => {
  const durations = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  const sizes = { B: 1, KiB: 1024, MiB: 1024 ** 2 }
  const pick = (units: Record<string, number>) => fc.constantFrom(...Object.entries(units))
  fc.assert(
    fc.property(
      fc.nat(100_000),
      pick(durations),
      pick(sizes),
      (amount, [time, ms], [size, bytes]) => {
        t.is(parseDuration(`${amount}${time}`) / ms, amount)
        t.is(parseSize(`${amount}${size}`) / bytes, amount)
      }
    )
  )
})

test('fractions of a duration are rounded to whole milliseconds', (t) => {
  fc.assert(
    fc.property(fc.nat(10_000_000), (milliseconds) => {
      t.is(parseDuration(`${(milliseconds / 1000).toFixed(3)}s`), milliseconds)
    })
  )
})
