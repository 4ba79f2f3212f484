import test from 'ava'
import fc from 'fast-check'
import { dropMembers } from '../../src/json/drop-members.ts'
import type { JsonText } from '../../src/json/json-text.ts'
import { spelledJson } from '../helpers/json-arbitrary.ts'

function withoutX(text: string): string {
  return dropMembers(text as JsonText, (name) => name === 'x')
}

const cases: [text: string, expected: string][] = [
  ['{"x":1}', '{}'],
  ['{"x":1,"a":1.10}', '{"a":1.10}'],
  ['{"a":1e400,"x":{"a":[1,"}"]}}', '{"a":1e400}'],
  ['{"a":1,"x":"\\",","b":2,"x":[],"c":3}', '{"a":1,"b":2,"c":3}'],
  [
    '{"a":{"x":1,"b":{"x":2}},"l":[{"x":3},[{"x":4,"y":5}],"x"]}',
    '{"a":{"b":{}},"l":[{},[{"y":5}],"x"]}'
  ],
  ['{"\\u0078":1,"X":2}', '{"X":2}'],
  ['[]', '[]'],
  ['"x"', '"x"'],
  ['12345678901234567890', '12345678901234567890']
]

for (const [text, expected] of cases) {
  test(`${text} without x is ${expected}`, (t) => {
    t.is(withoutX(text), expected)
  })
}

test('where nothing is dropped, any JSON stays as it is', (t) => {
  fc.assert(
    fc.property(
      spelledJson,
      ({ compact }) => dropMembers(compact as JsonText, () => false) === compact
    )
  )
  t.pass()
})

test('what stays is what JSON.parse would leave', (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ depthSize: 'medium' }), (value) => {
      const isDropped = (name: string) => name.length % 2 === 1
      const expected = JSON.stringify(value, (_name, inner) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).filter(([name]) => !isDropped(name)))
          : inner
      )
      return dropMembers(JSON.stringify(value) as JsonText, isDropped) === expected
    })
  )
  t.pass()
})
