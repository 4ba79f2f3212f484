import type { ServerResponse } from 'node:http'
import test from 'ava'
import { post, send } from '../helpers/http.ts'
import { startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

test('requests over the limit of a route are rejected until an earlier one has its answer', async (t) => {
  const held: ServerResponse[] = []
  const remote = await startRemote(t, (response) => void held.push(response))
  const service = await startService(t, {
    config: JSON.stringify({
      keys: [{ kid: 'k', alg: 'HS256', secret: ENC_KEY }],
      routes: [
        {
          issue: '/issue',
          protocol: 'themis',
          limits: { requests: 2 },
          claims: [{ from: 'remote', url: remote.url, at: 'data' }]
        },
        { claims: '/claims', sources: [{ from: 'fixed', set: { a: 1 } }] }
      ]
    })
  })
  const ask = () => post(`${service.url}/issue`, '{}')
  const first = []
  for (let count = 0; count < 2; count++) {
    const asked = remote.asked()
    first.push(ask())
    await asked
  }
  for (let count = 0; count < 3; count++) {
    const rejected = await ask()
    t.is(rejected.status, 429)
    t.is(rejected.headers['retry-after'], '1')
    t.is(rejected.text, 'Too many requests.')
  }
  t.is((await send(`${service.url}/claims`)).status, 200)
  t.is((await send(`${service.url}/livez`)).status, 200)

  held[0]?.end('{}')
  held[1]?.writeHead(500).end()
  t.deepEqual((await Promise.all(first)).map(({ status }) => status).sort(), [200, 500])
  const asked = remote.asked()
  const next = ask()
  await asked
  held[2]?.end('{}')
  t.is((await next).status, 200)
  const lines = await service.requestLines(6)
  t.is(lines.filter(({ code }) => code === 'too_many_requests').length, 3)
})
