import test from 'ava'
import { findFields } from '../../src/json/find-fields.ts'
import { parseJsonPath } from '../../src/json/json-path.ts'
import { parseJsonText } from '../../src/json/json-text.ts'

const text = parseJsonText(
  `{"token":{"a":1},"user":{"token":[{"b":2},3]},"list":[{"token":"x"},{},[{"token":{"c":[]}}],4],
    "twice":{"token":1},"twice":{"token":2,"token":3},"\\u0065sc":{"d.e":null},"empty":[]}`,
  9
)

/** What is found, as `trail: text`. */
function found(path: string): string[] {
  return findFields(text, parseJsonPath(path)).map(
    ({ trail, place }) =>
      `${trail.join('.')}: ${place === undefined ? 'missing' : text.slice(place.start, place.end)}`
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
  test(`${path} leads to ${expected.length} places`, (t) => {
    t.deepEqual(found(path), expected)
  })
}
