import test from 'ava'
import fc from 'fast-check'
import { createByteCollector } from '../../src/remote/byte-collector.ts'

const pieces = fc.array(fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)))

test('what was added comes out in its order, and the pieces are left alone', (t) => {
  fc.assert(
    fc.property(pieces, (given) => {
      const before = given.map((piece) => Buffer.from(piece))
      const collector = createByteCollector(100_000)
      for (const piece of given) t.true(collector.add(piece))
      t.deepEqual(collector.bytes(), Buffer.concat(before))
      t.deepEqual(given, before)
    })
  )
  t.pass()
})

test('up to the limit everything is taken, and a piece over it is not', (t) => {
  fc.assert(
    fc.property(pieces, fc.nat(400), (given, limit) => {
      const collector = createByteCollector(limit)
      let taken = 0
      for (const piece of given) {
        const fits = taken + piece.length <= limit
        t.is(collector.add(piece), fits)
        if (fits) taken += piece.length
      }
      t.is(collector.bytes().length, taken)
    })
  )
  t.pass()
})

test('a single piece is not copied', (t) => {
  const collector = createByteCollector(10)
  const piece = Buffer.from('piece')
  collector.add(piece)
  t.is(collector.bytes().buffer, piece.buffer)
})

test('a mebibyte costs no more in a million pieces than in one', (t) => {
  const collector = createByteCollector(2 ** 20)
  const before = process.memoryUsage().heapUsed
  for (let index = 0; index < 2 ** 20; index++) collector.add(Buffer.from([index & 0xff]))
  const grown = process.memoryUsage().heapUsed - before
  t.is(collector.bytes().length, 2 ** 20)
  t.true(grown < 64 * 2 ** 20, `grown by ${grown} bytes`)
})
