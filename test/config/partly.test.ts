/** Settings that are read as far as they are valid. */
import test from 'ava'
import * as z from 'zod'
import { parsePartly } from '../../src/config/partly.ts'
import { duration, integer } from '../../src/settings/quantities.ts'
import { createSecretReader, material } from '../../src/settings/secrets.ts'
import { section } from '../../src/settings/section.ts'

const TEXT = z.string()

test('valid settings are parsed, with their defaults', (t) => {
  const schema = section({ wait: duration('1s', '1h').prefault('5s'), port: integer(0, 9) })
  t.deepEqual(parsePartly(schema, { port: '8' }), { wait: 5000, port: 8 })
})

test('wrong, missing and unknown settings of a map are left out', (t) => {
  const schema = section({
    port: integer(0, 9),
    wait: duration('1s', '1h').prefault('5s'),
    name: TEXT,
    inner: section({ a: TEXT, b: TEXT }).optional()
  })
  t.deepEqual(parsePartly(schema, { port: 10, prot: 1, inner: { a: 'a', b: 1 } }), {
    wait: 5000,
    inner: { a: 'a' }
  })
  for (const tree of [undefined, null, 1, 'text', []]) t.is(parsePartly(schema, tree), undefined)
})

test('the items of a list keep their places', (t) => {
  const schema = z.array(TEXT).min(1).prefault([])
  t.deepEqual(parsePartly(schema, ['a', 1, 'c']), ['a', undefined, 'c'])
  t.is(parsePartly(schema, 'a'), undefined)
})

test('a failed rule between settings of a map leaves them all', (t) => {
  const schema = section({ a: TEXT, b: TEXT }).refine(() => false)
  t.deepEqual(parsePartly(schema, { a: 'a', b: 'b' }), { a: 'a', b: 'b' })
})

test('of several forms, the closest one is read', (t) => {
  const forms = z.union([section({ issue: TEXT, key: TEXT }), section({ check: TEXT, key: TEXT })])
  t.deepEqual(parsePartly(forms, { check: '/a', key: 1 }), { check: '/a' })
  const named = z.discriminatedUnion('from', [
    section({ from: z.literal('a'), x: TEXT }),
    section({ from: z.literal('b'), y: TEXT })
  ])
  t.deepEqual(parsePartly(named, { from: 'b', x: 'x', y: 'y' }), { from: 'b', y: 'y' })
  t.is(parsePartly(named, { from: 'c', x: 'x' }), undefined)
})

test('a wrong value is left out, and never counts as valid', (t) => {
  const secret = material(createSecretReader({ folder: '/nowhere', env: {} }))
  t.is(parsePartly(secret, { file: 'missing' }), undefined)
  t.is(parsePartly(integer(1, 2), 3), undefined)
  t.is(parsePartly(duration('1s', '2s'), '3s'), undefined)
})

test('a map with a transform is read in part, and transformed where that is possible', (t) => {
  const schema = section({ a: TEXT.optional(), b: TEXT }).transform(({ a, b }) =>
    a === undefined ? z.NEVER : { kind: 'a' as const, a, b }
  )
  t.deepEqual<unknown, unknown>(parsePartly(schema, { a: 'a', b: 1 }), {
    kind: 'a',
    a: 'a',
    b: undefined
  })
  t.deepEqual<unknown, unknown>(parsePartly(schema, { a: 1, b: 'b' }), { b: 'b' })
})
