import test from 'ava'
import { readTraceHeaders } from '../../src/remote/trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const TRACEPARENT = `00-${TRACE}-b7ad6b7169203331-01`

for (const traceparent of [
  TRACEPARENT,
  TRACEPARENT.replace(/1$/, '0'),
  `cc${TRACEPARENT.slice(2)}`
]) {
  test(`${traceparent} is passed on unchanged`, (t) => {
    t.deepEqual(readTraceHeaders({ traceparent }), { traceparent })
  })
}

const MALFORMED = {
  empty: '',
  longer: `${TRACEPARENT}0`,
  'longer than its version knows': `${TRACEPARENT}-more`,
  'in capital letters': TRACEPARENT.toUpperCase(),
  'of the version ff': `ff${TRACEPARENT.slice(2)}`,
  'of a trace of zeros': TRACEPARENT.replace(TRACE, '0'.repeat(32)),
  'of a parent of zeros': TRACEPARENT.replace('b7ad6b7169203331', '0'.repeat(16)),
  'not in digits': TRACEPARENT.replace('0af7', '0xyz'),
  'there twice': `${TRACEPARENT}, ${TRACEPARENT}`
}
for (const [title, traceparent] of Object.entries(MALFORMED)) {
  test(`a traceparent that is ${title} is not passed on, nor its tracestate`, (t) => {
    t.is(readTraceHeaders({ traceparent, tracestate: 'a=b' }), undefined)
  })
}

test('without the header there is no trace', (t) => {
  t.is(readTraceHeaders({ tracestate: 'a=b' }), undefined)
})

const listOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `k${index}=v`).join(',')

const WELL_FORMED = {
  'one member': 'rojo=00f067aa0ba902b7',
  'two members': 'rojo=1, congo=t61rcWkgMzE',
  'an empty member': 'rojo=1,,congo=2',
  'a tenant': 'tenant@system=a b!',
  'the longest value': `a=${'b'.repeat(256)}`,
  'the most members': listOf(32)
}
for (const [title, tracestate] of Object.entries(WELL_FORMED)) {
  test(`a tracestate with ${title} is passed on unchanged`, (t) => {
    t.deepEqual(readTraceHeaders({ traceparent: TRACEPARENT, tracestate }), {
      traceparent: TRACEPARENT,
      tracestate
    })
  })
}

const ILL_FORMED = {
  'nothing in it': '',
  'empty members alone': ',',
  'a member without a value': 'novalue',
  'a key in capital letters': 'Rojo=1',
  'a value with an equals sign': 'a=b=c',
  'a value that is not ASCII': 'a=\u00e9',
  'an empty value': 'a=',
  'an empty tenant': '@system=1',
  'a value that is too long': `a=${'b'.repeat(257)}`,
  'more characters than must be passed on': `a=${'b'.repeat(255)},c=${'d'.repeat(255)}`,
  'more members than may be': listOf(33)
}
for (const [title, tracestate] of Object.entries(ILL_FORMED)) {
  test(`a tracestate with ${title} is left out`, (t) => {
    t.deepEqual(readTraceHeaders({ traceparent: TRACEPARENT, tracestate }), {
      traceparent: TRACEPARENT
    })
  })
}
