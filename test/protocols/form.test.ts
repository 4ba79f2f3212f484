/** Forms in the body of a request. */
import test from 'ava'
import fc from 'fast-check'
import { readForm } from '../../src/protocols/form.ts'

test('a form is read as URLSearchParams reads it', (t) => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '+',
    '%',
    '%2B',
    '%20',
    '%e2%82%ac',
    '%ff',
    '&',
    '=',
    'é',
    ' '
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('')
      t.deepEqual([...readForm(Buffer.from(text))], [...new URLSearchParams(text)], text)
    })
  )
})

test('the received bytes stay unchanged', (t) => {
  const body = Buffer.from('a=1+2')
  readForm(body)
  t.is(body.toString(), 'a=1+2')
})

test('a form has at most 1000 fields, and empty ones count', (t) => {
  t.is([...readForm(Buffer.from('a=&'.repeat(999)))].length, 999)
  for (const text of ['a=&'.repeat(1000), '&'.repeat(1000), 'a=1&'.repeat(100_000)]) {
    t.throws(() => readForm(Buffer.from(text)), {
      name: 'ServiceError',
      message: 'form has more than 1000 fields'
    })
  }
})
