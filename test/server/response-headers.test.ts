import test from 'ava'
import { post, send } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const FIXED = { from: 'fixed', set: { a: 1 } }

test('every answer of a listener has its header fields, and answers of other listeners do not', async (t) => {
  const fields = { 'X-Midt-Server': 'tokens', 'X-Midt-Version': '${RELEASE:-1}' }
  const { url, adminUrl } = await startService(t, {
    config: JSON.stringify({
      listen: { main: { responseHeaders: fields }, admin: {} },
      keys: [{ alg: 'HS256', secret: ENC_KEY }],
      routes: [
        { claims: '/claims', sources: [FIXED] },
        { issue: '/issue', claims: [FIXED] },
        { check: '/check', verify: [{ keys: 'all' }] }
      ]
    })
  })
  for (const [path, method, status] of [
    ['/claims', 'GET', 200],
    ['/claims', 'DELETE', 405],
    ['/nowhere', 'GET', 404]
  ] as const) {
    const { headers, ...answer } = await send(url + path, { method })
    t.is(answer.status, status)
    t.is(headers['x-midt-server'], 'tokens')
    t.is(headers['x-midt-version'], '1')
  }
  const { token } = JSON.parse((await post(`${url}/issue`, '{}')).text)
  // The second time, it is cached.
  for (let count = 0; count < 2; count++) {
    const { headers } = await send(`${url}/check`, {
      headers: { authorization: `Bearer ${token}` }
    })
    t.is(headers['x-midt-server'], 'tokens')
    t.is(headers['cache-control'], 'no-store')
  }
  t.is((await send(`${adminUrl}/livez`)).headers['x-midt-server'], undefined)
})
