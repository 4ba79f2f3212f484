import test from 'ava'
import { post, send } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { fullConfig, startService } from '../helpers/service.ts'

const KEYS = ['first-key-of-twenty-chars', 'second-key-of-twenty-chars']

test('a route with API keys is for those who have one, in either header', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const config = fullConfig(remote.url, {
    issue: { auth: { apiKeys: [{ env: 'FIRST' }, KEYS[1]] } }
  })
  const service = await startService(t, { config, env: { FIRST: KEYS[0] ?? '' } })
  const url = `${service.url}/getToken`
  for (const key of KEYS) {
    for (const headers of [
      { 'api-key': key },
      { authorization: `Bearer ${key}` },
      { authorization: key }
    ] as Record<string, string>[]) {
      t.is((await send(url, { method: 'POST', body: '{}', headers })).status, 200)
    }
  }
  for (const headers of [
    {},
    { 'api-key': '' },
    { 'api-key': `${KEYS[0]}x` },
    { 'api-key': KEYS.join(', ') },
    { authorization: `Basic ${KEYS[0]}` },
    { 'api-key': 'wrong', authorization: `Bearer ${KEYS[0]}` }
  ] as Record<string, string>[]) {
    const answer = await send(url, { method: 'POST', body: '{}', headers })
    t.is(answer.status, 401)
    t.is(answer.headers['www-authenticate'], 'Bearer')
    t.is(answer.text, '{"message":"Invalid API key"}')
  }
  t.is(remote.requests.length, 6)
  t.false(JSON.stringify(service.log).includes(KEYS[0] ?? ''))
})

test('routes without API keys are for everybody', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: fullConfig(remote.url) })
  t.is((await post(`${service.url}/getToken`, '{}')).status, 200)
})
