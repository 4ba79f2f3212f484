import type { ServerResponse } from 'node:http'
import test from 'ava'
import { post } from '../../helpers/http.ts'
import { samplesOf, scrape } from '../../helpers/metrics.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { makeToken, readToken } from '../../helpers/tokens.ts'

const SLOW_KEY = 'of the slow one: jX2mQ8vT5rLz0KbW'
const QUICK_KEY = 'of the quick one: hY7nC3pDs9GaVe1U'

test('a slow and overloaded remote does not affect another one', async (t) => {
  const waiting: ServerResponse[] = []
  const slow = await startRemote(t, (response) => void waiting.push(response))
  const quick = await startRemote(t, replying('{"of":"quick"}'))
  const route = (name: string, url: string, more: object) => ({
    issue: `/${name}`,
    key: name,
    claims: [{ from: 'remote', url, bearer: { for: name }, at: 'data', timeout: '60s', ...more }]
  })
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [
        { kid: 'slow', alg: 'HS256', secret: SLOW_KEY },
        { kid: 'quick', alg: 'HS256', secret: QUICK_KEY }
      ],
      routes: [
        route('slow', slow.url, { limits: { calls: 2 } }),
        route('quick', quick.url, { limits: { calls: 1, reply: '32B' } })
      ]
    })
  })

  const pending = [1, 2].map(() => post(`${url}/slow`, '{}'))
  while (waiting.length < 2) await slow.asked()
  for (let call = 0; call < 3; call++) {
    t.is((await post(`${url}/slow`, '{}')).status, 503)
    t.is((await post(`${url}/quick`, '{}')).status, 200)
  }
  for (const response of waiting) response.end(JSON.stringify({ of: 'slow', more: 'x'.repeat(32) }))

  for (const [name, secret, answer] of [
    ['slow', SLOW_KEY, await pending[0]],
    ['quick', QUICK_KEY, await post(`${url}/quick`, '{}')]
  ] as const) {
    const { token } = JSON.parse(answer?.text ?? '')
    const { header, payload } = readToken(token)
    t.is(header, `{"alg":"HS256","typ":"JWT","kid":"${name}"}`)
    t.is(makeToken(payload, { header, secret }), token)
    t.is(JSON.parse(payload).data.of, name)
  }

  // The bearer of each is made with the key of its route.
  for (const [remote, name] of [
    [slow, 'slow'],
    [quick, 'quick']
  ] as const) {
    const bearer = remote.requests[0]?.headers.authorization?.slice('Bearer '.length) ?? ''
    t.true(readToken(bearer).header.includes(`"kid":"${name}"`))
  }
  t.is(slow.connections.length, 2)
  t.is(quick.connections.length, 1)
  t.is(slow.requests.length, 2)
  const calls = samplesOf(await scrape(url), 'txtoken_remote_calls_total')
  t.deepEqual(calls, {
    [`txtoken_remote_calls_total{remote="${new URL(slow.url).host}",outcome="overloaded"}`]: 3,
    [`txtoken_remote_calls_total{remote="${new URL(slow.url).host}",outcome="ok"}`]: 2,
    [`txtoken_remote_calls_total{remote="${new URL(quick.url).host}",outcome="ok"}`]: 4
  })
})
