import test from 'ava'
import { startClaims } from '../../helpers/claims.ts'
import { send } from '../../helpers/http.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'

const FIXED = { from: 'fixed', set: { aud: 'XMiDT', mac: 'none', level: 1 } }
const REQUEST = { from: 'request', claim: 'mac', header: 'x-mac' }

test('each claim is reported with the source that set it, and with overridden ones', async (t) => {
  const remote = await startRemote(
    t,
    replying('{"level":12345678901234567890,"mac":"remote","exp":1}')
  )
  const sources = [FIXED, REQUEST, { from: 'remote', url: remote.url }]
  const { url } = await startClaims(t, sources, { route: { explain: true } })
  const headers = { 'x-mac': 'header' }
  const answer = await send(`${url}/claims?explain=1`, { headers })
  t.is(answer.status, 200)
  t.is(answer.headers['content-type'], 'application/json; charset=utf-8')
  t.is(answer.headers['cache-control'], 'no-store')
  t.is(
    answer.text,
    '{"aud":{"value":"XMiDT","source":"sources[0] fixed","overrides":[]},' +
      '"mac":{"value":"remote","source":"sources[2] remote","overrides":["sources[0] fixed","sources[1] request"]},' +
      '"level":{"value":12345678901234567890,"source":"sources[2] remote","overrides":["sources[0] fixed"]}}'
  )
  const plain = await send(`${url}/claims`, { headers })
  t.is(plain.text, '{"aud":"XMiDT","mac":"remote","level":12345678901234567890}')
  for (const query of ['explain=0', 'explain', 'explain=1&explain=1']) {
    t.is((await send(`${url}/claims?${query}`, { headers })).text, plain.text, query)
  }
})

test('the sources of an issue route are named by their place there', async (t) => {
  const config = JSON.stringify({
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [
      { claims: '/claims', explain: true },
      { issue: '/issue', claims: [FIXED, REQUEST] }
    ]
  })
  const { url } = await startService(t, { config })
  const { mac } = JSON.parse(
    (await send(`${url}/claims?explain=1`, { headers: { 'x-mac': 'a' } })).text
  )
  t.deepEqual(mac, { value: 'a', source: 'claims[1] request', overrides: ['claims[0] fixed'] })
})

test('a route without explain ignores the parameter', async (t) => {
  const { url } = await startClaims(t, [FIXED])
  t.is((await send(`${url}/claims?explain=1`)).text, '{"aud":"XMiDT","mac":"none","level":1}')
})

test('a 401 of the remote is relayed with a challenge, where errors of the remote are relayed', async (t) => {
  const remote = await startRemote(t, replying('{}', 401))
  const source = { from: 'remote', url: remote.url }
  const { url } = await startClaims(t, [source], { route: { statuses: 'relay' } })
  const answer = await send(`${url}/claims`)
  t.is(answer.status, 401)
  t.is(answer.headers['www-authenticate'], 'Bearer')
  t.is(answer.text, '{"error":"Remote post status failure."}')
})
