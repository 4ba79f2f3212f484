/** Parts of JSON that is kept as text: found by a path, found by their names, left out. */
import test from 'ava'
import fc from 'fast-check'
import { dropMembers } from '../../src/json/drop-members.ts'
import { findFields } from '../../src/json/find-fields.ts'
import { hasTwice, nameAt, textOf, visitMembers } from '../../src/json/json-members.ts'
import { parseJsonPath, textAt, textsAt, valueAtPath } from '../../src/json/json-path.ts'
import { type JsonText, parseJsonText } from '../../src/json/json-text.ts'
import { spelledJson } from '../helpers/json-arbitrary.ts'

const text = parseJsonText(
  ' { "user" : {"id": 12345678901234567890, "roles": ["a", {"b": 1.10}], "a.b": "}\\"]" }, "": [], "x": 1, "x": 2 } ',
  9
)

test('a path leads to the exact text of a value', (t) => {
  for (const [path, found] of [
    ['user.id', '12345678901234567890'],
    ['user.roles', '["a",{"b":1.10}]'],
    ['user.roles.0', '"a"'],
    ['user.roles.1.b', '1.10'],
    ['user.a\\.b', '"}\\"]"'],
    ['x', '2']
  ] as const) {
    t.is<string | undefined, string>(textAt(text, parseJsonPath(path)), found, path)
  }
})

test('a duplicate name on the path is reported', (t) => {
  const twice = '{"a":{"b":1,"b":2},"c":{"d":1},"c":{"e":1},"f":[{"g":1,"g":1}],"h":1}' as JsonText
  for (const [path, count] of [
    ['a.b', 1],
    ['c.e', 1],
    ['c.d', 1],
    ['f.0.g', 1],
    ['a', 0],
    ['h', 0],
    ['f.0', 0],
    ['x', 0]
  ] as const) {
    let reported = 0
    textAt(twice, parseJsonPath(path), () => reported++)
    t.is(reported, count, path)
  }
})

test('a duplicate name in an object is found, however it is escaped', (t) => {
  for (const [json, isTwice] of [
    ['{"a":1,"a":2}', true],
    ['{"a":1,"\\u0061":2}', true],
    ['{"\\u0061":1,"b":0,"\\u0061":2}', true],
    ['{"a":1,"a":2,"a":3}', true],
    ['{}', false],
    ['{"a":1}', false],
    ['{"a":1,"b":"a"}', false],
    ['{"a":{"a":1}}', false],
    ['{"a":1,"b":{"a":1}}', false],
    ['{"A":1,"a":1}', false],
    ['{"a":1,"b":"\\"a\\":"}', false],
    ['["a","a"]', false],
    ['"a"', false]
  ] as const) {
    t.is(hasTwice(json as JsonText, 'a'), isTwice, json)
  }
})

test('several paths at once give the same as each path by itself', (t) => {
  const paths = [
    ...['user.id', 'x', 'user', 'user.roles.1.b', 'user.roles.1', 'user.a\\.b', 'x', 'x.0', 'usr'],
    ...['user.roles.0', 'user.none', 'user.roles.7', 'user.id.x']
  ].map(parseJsonPath)
  t.deepEqual(
    textsAt(text, paths),
    paths.map((path) => textAt(text, path))
  )
  t.deepEqual(textsAt(text, []), [])
  t.deepEqual(textsAt('[1,2]' as JsonText, [['1'], ['2'], ['a']]), ['2', undefined, undefined])
  const escaped = '{"\\u0061":{"b\\u002ec":1},"a":{"b.c":2,"b.c":3}}' as JsonText
  t.deepEqual(
    textsAt(escaped, [
      ['a', 'b.c'],
      ['a', 'x']
    ]),
    ['3', undefined]
  )
})

test('a path that leads nowhere gives nothing', (t) => {
  for (const path of [
    'usr',
    'user.id.x',
    'user.roles.2',
    'user.roles.length',
    '__proto__',
    'x.0'
  ]) {
    t.is(textAt(text, parseJsonPath(path)), undefined, path)
    t.is(valueAtPath(JSON.parse(text), parseJsonPath(path)), undefined, path)
  }
})

test('any JSON has the members that JSON.parse finds', (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (json) => {
      const whole = parseJsonText(json, 99)
      const value: unknown = JSON.parse(whole)
      const found: [string, unknown][] = []
      visitMembers(whole, { start: 0, end: whole.length }, (start, end, nameStart, nameEnd) => {
        const name =
          nameStart === nameEnd ? String(found.length) : nameAt(whole, nameStart, nameEnd)
        found.push([name, JSON.parse(textOf(whole, { start, end }))])
      })
      if (typeof value !== 'object' || value === null) {
        t.deepEqual(found, [])
        return
      }
      t.deepEqual(Object.fromEntries(found), Object.fromEntries(Object.entries(value)))
      for (const [name, inner] of Object.entries(value)) {
        t.deepEqual(valueAtPath(value, [name]), inner)
      }
    })
  )
})

test('a text that is not a path to a field is rejected', (t) => {
  for (const path of ['', '.', 'a.', '.a', 'a..b', '\\', 'a\\b']) {
    t.throws(() => parseJsonPath(path), { instanceOf: TypeError }, path)
  }
})

const searched = parseJsonText(
  `{"token":{"a":1},"user":{"token":[{"b":2},3]},"list":[{"token":"x"},{},[{"token":{"c":[]}}],4],
    "twice":{"token":1},"twice":{"token":2,"token":3},"\\u0065sc":{"d.e":null},"empty":[]}`,
  9
)

/** What is found, as `trail: text`. */
function found(path: string): string[] {
  return findFields(searched, parseJsonPath(path), { skipsMissing: false, most: 99 }).map(
    ({ trail, place }) =>
      `${trail.join('.')}: ${place === undefined ? 'missing' : searched.slice(place.start, place.end)}`
  )
}

const searches = {
  token: ['token: {"a":1}'],
  'token.a': ['token.a: 1'],
  'token.a.x': ['token.a.x: missing'],
  'token.x.y': ['token.x.y: missing'],
  toke: ['toke: missing'],
  __proto__: ['__proto__: missing'],
  'user.token': ['user.token.0: {"b":2}', 'user.token.1: 3'],
  'list.token': [
    'list.0.token: "x"',
    'list.1.token: missing',
    'list.2.0.token: {"c":[]}',
    'list.3.token: missing'
  ],
  'list.0': ['list.0.0: missing', 'list.1.0: missing', 'list.2.0.0: missing', 'list.3.0: missing'],
  twice: ['twice: {"token":1}', 'twice: {"token":2,"token":3}'],
  'twice.token': ['twice.token: 1', 'twice.token: 2', 'twice.token: 3'],
  'esc.d\\.e': ['esc.d.e: null'],
  empty: [],
  'empty.token': []
}

for (const [path, expected] of Object.entries(searches)) {
  test(`a search for ${path} finds ${expected.length} places`, (t) => {
    t.deepEqual(found(path), expected)
  })
}

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
  test(`the JSON ${text} without its member x is ${expected}`, (t) => {
    t.is(withoutX(text), expected)
  })
}

test('where no member is dropped, any JSON stays unchanged', (t) => {
  fc.assert(
    fc.property(
      spelledJson,
      ({ compact }) => dropMembers(compact as JsonText, () => false) === compact
    )
  )
  t.pass()
})

test('dropping members leaves what JSON.parse would leave', (t) => {
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
