import test from 'ava'
import { flatConfig } from '../helpers/config-texts.ts'
import { exchange, post, send } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const config = flatConfig('http://127.0.0.1:1/')

for (const id of ['a', 'order-17', 'Root=1-67891233-abcdef012345678912345678', 'x'.repeat(128)]) {
  test(`the id ${id} is accepted, answered and logged`, async (t) => {
    const service = await startService(t, { config })
    const answer = await send(`${service.url}/checkToken`, { headers: { 'x-request-id': id } })
    t.is(answer.headers['x-request-id'], id)
    const [line] = await service.requestLines(1)
    t.is(line?.requestId, id)
  })
}

for (const [what, id] of [
  ['empty', ''],
  ['too long', 'x'.repeat(129)],
  ['of two words', 'a b'],
  ['with a quote', 'a"b'],
  ['with a brace', '{"level":"fatal"}'],
  ['with a tab', 'a\tb'],
  ['beyond ASCII', '\u00e9']
] as const) {
  test(`an id that is ${what} is replaced`, async (t) => {
    const service = await startService(t, { config })
    const answer = await send(`${service.url}/checkToken`, { headers: { 'x-request-id': id } })
    t.regex(String(answer.headers['x-request-id']), UUID)
    const [line] = await service.requestLines(1)
    t.is(line?.requestId, answer.headers['x-request-id'])
  })
}

test('two ids are both ignored', async (t) => {
  const service = await startService(t, { config })
  const text = await exchange(
    t,
    service.url,
    'GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: a\r\nX-Request-Id: b\r\nConnection: close\r\n\r\n'
  )
  t.regex(/^X-Request-Id: (.*)\r$/m.exec(text)?.[1] ?? '', UUID)
})

test('each request gets its own id', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: flatConfig(remote.url) })
  const ids = new Set<unknown>()
  for (let request = 0; request < 3; request++) {
    const answer = await post(`${service.url}/getToken`, '{}')
    t.regex(String(answer.headers['x-request-id']), UUID)
    ids.add(answer.headers['x-request-id'])
  }
  t.is(ids.size, 3)
})

test('errors have an id too, wherever they are made', async (t) => {
  const service = await startService(t, { config })
  for (const [path, method] of [
    ['/nothing', 'GET'],
    ['/getToken', 'DELETE'],
    ['/getToken', 'POST'],
    ['/livez', 'GET']
  ] as const) {
    const answer = await send(service.url + path, { method, headers: { 'x-request-id': 'a' } })
    t.is(answer.headers['x-request-id'], 'a')
  }
})
