import test from 'ava'
import fc from 'fast-check'
import { membersOf, textOf } from '../../src/json/json-members.ts'
import { parseJsonPath, textAt, valueAtPath } from '../../src/json/json-path.ts'
import { parseJsonText } from '../../src/json/json-text.ts'

const text = parseJsonText(
  ' { "user" : {"id": 12345678901234567890, "roles": ["a", {"b": 1.10}], "a.b": "}\\"]" }, "": [], "x": 1, "x": 2 } ',
  9
)

test('a path leads to the text of a value, which has lost nothing', (t) => {
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

test('the members of any JSON are those that JSON.parse finds', (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (json) => {
      const whole = parseJsonText(json, 99)
      const value: unknown = JSON.parse(whole)
      const members = membersOf(whole)
      if (typeof value !== 'object' || value === null) {
        t.deepEqual(members, [])
        return
      }
      const found = members.map((member) => [member.name, JSON.parse(textOf(whole, member))])
      t.deepEqual(Object.fromEntries(found), Object.fromEntries(Object.entries(value)))
      for (const [name, inner] of Object.entries(value)) {
        t.deepEqual(valueAtPath(value, [name]), inner)
      }
    })
  )
})

test('what is no path is refused', (t) => {
  for (const path of ['', '.', 'a.', '.a', 'a..b', '\\', 'a\\b']) {
    t.throws(() => parseJsonPath(path), { instanceOf: TypeError }, path)
  }
})
