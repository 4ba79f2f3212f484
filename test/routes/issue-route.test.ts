import test from 'ava'
import { problemsOf } from '../helpers/config.ts'
import { post } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { fullConfig, startService } from '../helpers/service.ts'
import { readToken } from '../helpers/tokens.ts'

const START_SECONDS = 1_893_456_000
const now = () => START_SECONDS * 1000
const env = { ENC_KEY: 'x'.repeat(32) }

/** The claims of a token of a route with these settings, as text. */
async function issueWith(t: Parameters<typeof startRemote>[0], issue: Record<string, unknown>) {
  const remote = await startRemote(t, replying('{}'))
  const { url } = await startService(t, { config: fullConfig(remote.url, { issue }), now })
  return readToken(JSON.parse((await post(`${url}/getToken`, '{}')).text).token).payload
}

test('notBefore sets nbf, seconds from iat on', async (t) => {
  for (const [notBefore, nbf] of [
    ['-15s', START_SECONDS - 15],
    ['0s', START_SECONDS],
    ['1m', START_SECONDS + 60]
  ] as const) {
    t.is(
      await issueWith(t, { notBefore }),
      `{"data":{},"iat":${START_SECONDS},"nbf":${nbf},"exp":${START_SECONDS + 3600}}`
    )
  }
})

test('jti gives each token an id of its own', async (t) => {
  const ids = [await issueWith(t, { jti: true }), await issueWith(t, { jti: true })].map(
    (payload) => /"exp":\d+,"jti":"([\w-]{22})"\}$/.exec(payload)?.[1]
  )
  t.true(ids.every((id) => id !== undefined))
  t.not(ids[0], ids[1])
  t.false((await issueWith(t, {})).includes('jti'))
})

test('a notBefore that is no such duration does not start', (t) => {
  const expected = 'expected a duration up to 1d, before it with a minus sign, such as -15s or 1m'
  for (const notBefore of ['15', '- 15s', '--15s', '2d', '-25h']) {
    const config = JSON.parse(fullConfig('http://127.0.0.1:1/', { issue: { notBefore } }))
    t.deepEqual(problemsOf(t, config, { env }), [`routes[0].notBefore: ${expected}`])
  }
})
