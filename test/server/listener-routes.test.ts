import test from 'ava'
import { post, send } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const FIXED = { from: 'fixed', set: { role: 'guest' } }

/** Four listeners of different purposes, none of them main. */
function configWith(port: number | undefined): string {
  const listener = { host: '127.0.0.1', ...(port === undefined ? {} : { port }) }
  return JSON.stringify({
    listen: {
      tokens: listener,
      claims: listener,
      health: listener,
      metrics: listener
    },
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [
      { issue: '/x', on: 'tokens', claims: [FIXED] },
      { claims: '/x', on: 'claims' },
      { health: '/health', on: 'health' },
      { metrics: '/metrics', on: 'metrics' }
    ]
  })
}

test('routes are answered on their own listener alone', async (t) => {
  const { urls } = await startService(t, { config: configWith(0) })
  t.deepEqual([...urls.keys()].sort(), ['claims', 'health', 'metrics', 'tokens'])
  const { token } = JSON.parse((await post(`${urls.get('tokens')}/x`, '{}')).text) as {
    token: string
  }
  t.like(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()), {
    role: 'guest'
  })
  const claims = await send(`${urls.get('claims')}/x`)
  t.is(claims.text, '{"role":"guest"}')
  t.is((await send(`${urls.get('health')}/health`)).text, '{"status":"ok"}')
  t.regex((await send(`${urls.get('metrics')}/metrics`)).text, /txtoken_tokens_issued_total/)
  for (const [name, url] of urls) {
    for (const path of ['/x', '/health', '/metrics', '/livez']) {
      const { status } = await send(url + path)
      const isThere = (path === '/x' && name === 'claims') || path === `/${name}`
      t.is(status, isThere ? 200 : path === '/x' && name === 'tokens' ? 405 : 404, name + path)
    }
  }
})

test('a listener without a port, or without a route, is reported', async (t) => {
  const error = await t.throwsAsync(startService(t, { config: configWith(undefined) }))
  t.regex(error?.message ?? '', /listen\.tokens\.port: expected a whole number/)
})
