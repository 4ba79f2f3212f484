import test from 'ava'
import { substituteEnvironment } from '../../src/config/environment.ts'

const env = { NAME: 'value', EMPTY: '', REFERENCE: '${NAME}', DOLLARS: '$& $1 $$', lower_1: 'low' }

function substitute(tree: unknown): unknown {
  return substituteEnvironment(tree, env).value
}

test('references in strings are replaced, everywhere in a tree', (t) => {
  t.deepEqual(substitute({ a: '${NAME}', b: ['x${NAME}y${lower_1}', { c: '${NAME}' }] }), {
    a: 'value',
    b: ['xvalueylow', { c: 'value' }]
  })
})

test('other values and keys stay as they are', (t) => {
  const tree = { '${NAME}': 1, b: true, c: null, d: 1.5, e: '$NAME', f: '$', g: 'a { b } c' }
  t.deepEqual(substituteEnvironment(tree, env), { value: tree, problems: [] })
})

test('references in a substituted value are not replaced', (t) => {
  t.is(substitute('${REFERENCE}'), '${NAME}')
  t.is(substitute('${DOLLARS}'), '$& $1 $$')
})

test('a variable that is missing or empty gets its default', (t) => {
  t.is(substitute('${NAME:-other}'), 'value')
  t.is(substitute('${MISSING:-other}'), 'other')
  t.is(substitute('${EMPTY:-other}'), 'other')
  t.is(substitute('${MISSING:-}'), '')
  t.is(substitute('${MISSING:-a:-b\nc}'), 'a:-b\nc')
  t.is(substitute('http://${MISSING:-localhost}:${MISSING:-80}/'), 'http://localhost:80/')
})

test('two dollar signs become one', (t) => {
  t.is(substitute('$${NAME}'), '${NAME}')
  t.is(substitute('$${NAME} ${NAME}'), '${NAME} value')
  t.is(substitute('$$'), '$$')
})

test('each missing variable without a default is a problem with its path', (t) => {
  t.deepEqual(substituteEnvironment({ a: ['${MISSING}'], b: { c: '${EMPTY}' } }, env).problems, [
    { path: ['a', 0], message: 'environment variable MISSING is not set, and there is no default' },
    { path: ['b', 'c'], message: 'environment variable EMPTY is not set, and there is no default' }
  ])
})

test('a malformed reference is a problem that does not quote it', (t) => {
  const message = 'expected ${NAME} or ${NAME:-default}; write $${ for a plain ${'
  for (const text of [
    '${}',
    '${1A}',
    '${A-B}',
    '${A:B}',
    '${ NAME }',
    '${NAME:}',
    '${n0t a name}'
  ]) {
    t.deepEqual(substituteEnvironment({ a: text }, env).problems, [{ path: ['a'], message }], text)
  }
})

test('properties of every JavaScript object are not variables', (t) => {
  for (const name of ['constructor', 'toString', '__proto__']) {
    for (const variables of [env, process.env]) {
      t.is(substituteEnvironment(`\${${name}:-default}`, variables).value, 'default')
    }
  }
})

test('__proto__ is a key like any other', (t) => {
  const { value } = substituteEnvironment(JSON.parse('{"__proto__": "${NAME}"}'), env)
  t.deepEqual(Object.entries(value as object), [['__proto__', 'value']])
})
