import test from 'ava'
import fc from 'fast-check'
import { parseJsonBytes, parseJsonText, toJsonText, writeString } from '../../src/json/json-text.ts'
import { spelledJson } from '../helpers/json-arbitrary.ts'

const DEPTH = 64

function parse(text: string, maxDepth = DEPTH): string {
  return parseJsonText(text, maxDepth)
}

test('only white space between tokens is removed', (t) => {
  fc.assert(
    fc.property(spelledJson, ({ spaced, compact }) => {
      t.is(parse(spaced), compact)
      t.deepEqual(JSON.parse(parse(spaced)), JSON.parse(spaced))
    })
  )
})

test('text is accepted or rejected as by JSON.parse, also where one character is wrong', (t) => {
  const damage = fc.constantFrom(
    '',
    ' ',
    ',',
    '"',
    '\\',
    '{',
    ']',
    '0',
    '-',
    '\u0000',
    '\u000b',
    'é'
  )
  fc.assert(
    fc.property(spelledJson, fc.nat(), damage, ({ spaced }, place, character) => {
      const at = place % (spaced.length + 1)
      const text = spaced.slice(0, at) + character + spaced.slice(at + 1)
      t.is(
        isAccepted(() => parse(text)),
        isAccepted(() => JSON.parse(text)),
        text
      )
    })
  )
})

test('any bytes are accepted or rejected without another error', (t) => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      try {
        parseJsonBytes(bytes, DEPTH)
      } catch (error) {
        t.is((error as Error).name, 'JsonTextError')
      }
    })
  )
  t.pass()
})

test('depth counts arrays and objects, not brackets inside strings', (t) => {
  t.is(parse('[{"a":[]}]', 3), '[{"a":[]}]')
  t.throws(() => parse('[{"a":[]}]', 2), { message: 'nested deeper than 2 levels' })
  t.is(parse('"[[[[\\"[["', 1), '"[[[[\\"[["')
  t.is(parse('[[],[],[]]', 2), '[[],[],[]]')
})

for (const [what, text, message] of [
  ['nothing', '', 'empty'],
  ['white space', ' ', 'not valid JSON'],
  ['two numbers', '1 2', 'not valid JSON'],
  ['a number cut by white space', '1 .5', 'not valid JSON'],
  ['a word cut by white space', 'nu ll', 'not valid JSON'],
  ['a minus apart from its number', '- 1', 'not valid JSON'],
  ['a control character between tokens', '[\u0000]', 'not valid JSON'],
  ['a no-break space between tokens', '[\u00a0]', 'not valid JSON'],
  ['a backslash at the end', '"\\', 'not valid JSON']
] as const) {
  test(`${what} is not JSON, and the message does not quote it`, (t) => {
    t.throws(() => parse(text), { name: 'JsonTextError', message })
  })
}

test('a string is written as JSON.stringify writes it', (t) => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (value) => writeString(value) === JSON.stringify(value)
    )
  )
  for (const value of ['', '"', '\\', '\n', '\u001f', '\u007f', '\ud800', '\ud83d\ude00', 'é']) {
    t.is(writeString(value), JSON.stringify(value))
  }
})

test('white space is removed from text beyond ASCII and beyond UTF-8 too', (t) => {
  t.is(parse(' [ "é" , 1 ] '), '["é",1]')
  t.is(parse(' [ "€" , "\ud800" ] '), '["€","\ud800"]')
})

test('JavaScript values are written as JSON', (t) => {
  t.is<string, string>(toJsonText({ a: ['é', 1, null] }), '{"a":["é",1,null]}')
})

function isAccepted(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch {
    return false
  }
}
