import test from 'ava'
import { createPrettify, loadPrettify } from '../../src/operations/readable-log.ts'

const TIME = new Date(2026, 0, 31, 12, 34, 56, 789).toISOString()

function line(fields: Record<string, unknown>): string {
  return `${JSON.stringify({ level: 'info', time: TIME, ...fields })}\n`
}

test('the line of a request is a sentence, and its other fields come after it', async (t) => {
  const prettify = await createPrettify(false)
  const asked = { requestId: 'a-1', method: 'POST', route: '/checkToken' }
  const answered = {
    status: 401,
    durationMs: 0.8,
    code: 'invalid_token',
    error: 'Token is expired'
  }
  t.is(
    prettify(line({ ...asked, ...answered, token: { verified: true, jti: 'b' }, msg: 'request' })),
    '[12:34:56.789] INFO: POST /checkToken 401 in 0.8 ms: Token is expired {"requestId":"a-1","code":"invalid_token","token":{"verified":true,"jti":"b"}}\n'
  )
})

test('other lines begin with their message', async (t) => {
  const prettify = await createPrettify(false)
  t.is(
    prettify(line({ level: 'warn', version: '1', msg: 'listening' })),
    '[12:34:56.789] WARN: listening {"version":"1"}\n'
  )
  t.is(prettify(line({ msg: 'stopped' })), '[12:34:56.789] INFO: stopped\n')
})

test('a terminal gets colors, and control characters in values are escaped', async (t) => {
  const prettify = await createPrettify(true)
  const text = prettify(line({ error: '\u009b31m', msg: '\u001b[2J\u202e' }))
  t.true(text.includes('\u001b[32mINFO\u001b[39m'))
  t.true(text.includes('\\u001b[2J\\u202e'))
  t.true(text.includes('u009b31m'))
  for (const obeyed of ['\u001b[2J', '\u009b', '\u202e']) t.false(text.includes(obeyed))
})

test('text that is not a log line stays unchanged', async (t) => {
  const prettify = await createPrettify(false)
  t.is(prettify('no JSON\n'), 'no JSON\n')
})

test('the formatter is loaded only for readable lines, by default only on a terminal', async (t) => {
  t.is(await loadPrettify(false, {}), undefined)
  t.is(await loadPrettify('auto', {}), undefined)
  t.is(typeof (await loadPrettify(true, {})), 'function')
})
