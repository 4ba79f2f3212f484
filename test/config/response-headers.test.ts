import test from 'ava'
import { parse, problemsOf } from '../helpers/config.ts'

function withHeaders(responseHeaders: unknown): object {
  const sources = [{ from: 'fixed', set: { a: 1 } }]
  return { listen: { main: { responseHeaders } }, routes: [{ claims: '/claims', sources }] }
}

const PATH = 'listen.main.responseHeaders'

test('header fields have names and values', (t) => {
  const fields = { 'X-Midt-Server': 'tokens', 'Strict-Transport-Security': 'max-age=1; a="b"' }
  t.deepEqual(parse(withHeaders(fields)).listen.main.responseHeaders, fields)
})

test('values that cannot be in a header are rejected', (t) => {
  for (const name of ['', 'X Y', 'X:', 'X\r\nY', 'é']) {
    t.deepEqual(problemsOf(t, withHeaders({ [name]: 'a' })), [
      `${PATH}[${JSON.stringify(name)}]: expected the name of a header field`
    ])
  }
  for (const value of ['a\r\nSet-Cookie: b', 'a\n', '\u0000', 'Ā']) {
    t.deepEqual(problemsOf(t, withHeaders({ 'X-A': value })), [
      `${PATH}.X-A: expected the value of a header field: visible characters and spaces`
    ])
  }
  t.deepEqual(problemsOf(t, withHeaders({ 'X-A': 'a', 'x-a': 'b' })), [
    `${PATH}: expected each header field once`
  ])
  t.deepEqual(problemsOf(t, withHeaders(['X-A'])), [
    `${PATH}: expected a map of header fields, found a list`
  ])
})

for (const name of [
  'Content-Type',
  'cache-control',
  'Set-Cookie',
  'WWW-AUTHENTICATE',
  'Connection'
]) {
  test(`${name} is rejected, since the service sets it itself`, (t) => {
    t.deepEqual(problemsOf(t, withHeaders({ [name]: 'a' })), [
      `${PATH}.${name}: this header field is set by the service itself, expected another name`
    ])
  })
}
