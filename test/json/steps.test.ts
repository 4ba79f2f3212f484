/** The cost of reading JSON, counted in steps: a client chooses the text, and must not decide how long others wait. */
import test from 'ava'
import { dropMembers } from '../../src/json/drop-members.ts'
import { findFields } from '../../src/json/find-fields.ts'
import { readObject, visitMembers } from '../../src/json/json-members.ts'
import { parseJsonPath, textAt } from '../../src/json/json-path.ts'
import { type JsonText, readJsonBytes } from '../../src/json/json-text.ts'

const MANY = 50_000

function listOf(count: number, item: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => item(index)).join(',')
}

const distinct = `{${listOf(MANY, (index) => `"m${index}":${index}`)}}`
const zeros = `{"a":[${listOf(MANY, () => '0')}]}`

/** How often JSON.parse is called, anywhere. */
function countParses(run: () => unknown): number {
  const { parse } = JSON
  let calls = 0
  JSON.parse = (...given) => {
    calls++
    return parse(...given)
  }
  try {
    run()
  } finally {
    JSON.parse = parse
  }
  return calls
}

test.serial('a text is parsed once, however many members it has', (t) => {
  const bytes = Buffer.from(distinct)
  t.is(
    countParses(() => readJsonBytes(bytes, 64)),
    1
  )
})

test.serial('names without escapes are not parsed by any function', (t) => {
  const text = distinct as JsonText
  for (const look of [
    () => readObject(text),
    () => textAt(text, ['m7']),
    () => dropMembers(text, (name) => name === 'm7'),
    () => findFields(text, ['m7', 'x'], { skipsMissing: false, most: 9 })
  ]) {
    t.is(countParses(look), 0)
  }
})

test.serial('a name with escapes is parsed only if it could be the wanted name', (t) => {
  const text =
    `{${listOf(100, (index) => `"\\u0061_long_name_${index}":0`)},"\\u0061":1}` as JsonText
  let found: unknown
  t.is(
    countParses(() => {
      found = textAt(text, ['a'])
    }),
    1
  )
  t.is(found, '1')
})

test('an object is read only up to the wanted members', (t) => {
  t.is(readObject(distinct as JsonText, 1000).size, 1001)
  t.is(readObject(distinct as JsonText).size, MANY)
})

test('a search ends after the wanted number of fields, found or missing', (t) => {
  const text = zeros as JsonText
  for (const [path, skipsMissing, count] of [
    ['a', false, 10],
    ['a.x', false, 10],
    ['a.x', true, 0]
  ] as const) {
    t.is(findFields(text, parseJsonPath(path), { skipsMissing, most: 9 }).length, count, path)
  }
})

test('an item of a list is found without reading the items after it', (t) => {
  const text = `[1,[2],${listOf(MANY, () => '0')}]` as JsonText
  let visits = 0
  visitMembers(text, { start: 0, end: text.length }, () => {
    visits++
    return visits < 2
  })
  t.is(visits, 2)
  t.is<string | undefined, string>(textAt(text, ['1', '0']), '2')
})
