import test from 'ava'
import fc from 'fast-check'
import { flatConfig } from '../helpers/config-texts.ts'
import { post } from '../helpers/http.ts'
import { spelledJson } from '../helpers/json-arbitrary.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { readToken } from '../helpers/tokens.ts'

const NOW_SECONDS = 1_893_456_000
const options = { now: () => NOW_SECONDS * 1000 }
const TIMES = `"iat":${NOW_SECONDS},"exp":${NOW_SECONDS + 3600}`

const texts = [
  '12345678901234567890',
  '-12345678901234567890',
  '0.1234567890123456789012345678901234567890',
  '1e400',
  '-1E+400',
  '1e-400',
  '-0',
  '-0.0',
  '1.10',
  '1.0',
  '1E2',
  '100e-2',
  '9007199254740993',
  '[1,1.0,1.00,1e0,10E-1]',
  '{"__proto__":{"admin":true},"a":1}',
  '{"__proto__":null}',
  '{"constructor":{"prototype":{"admin":true}},"hasOwnProperty":1,"toString":2,"toJSON":3}',
  '{"a":1,"a":2}',
  '{"2":1,"1":2,"-1":3,"b":4,"a":5}',
  '""',
  '"\\u0041\\u00e9\\u6f22\\ud83d\\ude00"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '{"\\ud800":"\\uDFFF"}',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
  '"\\u0000\\u001f\u007f\u0080"',
  '"\u2028\u2029\u00a0\ufeff\u200b"',
  '"é漢😀\u{10ffff}"',
  '"\ufffd"',
  '"e\u0301 is not \u00e9"',
  '" inner  white \\t space "',
  '"</script>&amp;"',
  '"${ENC_KEY} %s {{x}}"',
  '"\\\\"',
  '["\\\\\\"","]","{"]'
]

for (const text of texts) {
  test(`${JSON.stringify(text)} reaches the token, and the answer to its check, as written`, async (t) => {
    const remote = await startRemote(t, replying(text))
    const service = await startService(t, { config: flatConfig(remote.url), ...options })
    const issued = await post(`${service.url}/getToken`, '{}')
    const payload = `{"data":${text},${TIMES}}`
    t.is(readToken(JSON.parse(issued.text).token).payload, payload)
    const checked = await post(`${service.url}/checkToken`, issued.text)
    t.true(checked.text.includes(`"Claims":${payload},"Signature":`))
  })
}

test('any JSON goes through the service exactly, but for white space between its tokens', async (t) => {
  let reply = ''
  const remote = await startRemote(t, (response) => response.end(reply))
  const service = await startService(t, { config: flatConfig(remote.url), ...options })
  await fc.assert(
    fc.asyncProperty(spelledJson, async ({ spaced, compact }) => {
      reply = spaced
      const issued = await post(`${service.url}/getToken`, spaced)
      const payload = `{"data":${compact},${TIMES}}`
      const checked = await post(`${service.url}/checkToken`, issued.text)
      return (
        remote.requests.at(-1)?.body.toString() === spaced &&
        readToken(JSON.parse(issued.text).token).payload === payload &&
        checked.text.includes(`"Claims":${payload},"Signature":`)
      )
    }),
    { numRuns: 150 }
  )
  t.pass()
})
