/** Answers that their clients are slow to take: they count in the memory for bodies. */
import test from 'ava'
import { type CreateHosts, createHosts } from '../../src/server/application.ts'
import { createKoaHost } from '../../src/server/koa-host.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { eventually } from '../helpers/eventually.ts'
import { openConnection, post } from '../helpers/http.ts'
import { scrape } from '../helpers/metrics.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const MIB = 1024 ** 2
/** More than the buffers of the system take of one answer, on both sides together. */
const REPLY = `{"data":{"text":"${'x'.repeat(15 * MIB)}"}}`
const LOGIN = 'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}'

const hosts: Record<string, CreateHosts> = {
  'node:http': createHosts,
  Koa: (routes, parts) => createKoaHost(routes, parts)
}

for (const [name, createHosts] of Object.entries(hosts)) {
  test(`once the memory is used up, the slowest clients that do not read are cut, on ${name}`, async (t) => {
    const remote = await startRemote(t, replying(REPLY))
    const limits = { reply: '16MiB', bodies: '128MiB' }
    const service = await startService(t, {
      config: fullConfig(remote.url, { more: { limits } }),
      createHosts
    })
    const { url } = service
    const heldNow = async () => (await scrape(url)).get('txtoken_body_bytes') ?? 0
    const slow = []
    for (let index = 0; index < 3; index++) {
      const connection = openConnection(t, url)
      connection.socket.pause()
      connection.write(LOGIN)
      await service.requestLines(index + 1)
      slow.push(connection)
      // One of them takes more than half of the limit for unfinished bodies, and its reply is held beside it.
      await eventually(async () => {
        const held = await heldNow()
        return held > 20 * MIB && held < 48 * MIB
      }, 20)
    }
    const cut = (await scrape(url)).get('txtoken_bodies_rejected_total{outcome="cut"}')
    t.is(cut, 2)
    t.is((await post(`${url}/getToken`, '{}')).status, 200)
    for (const { socket } of slow) socket.destroy()
    await eventually(async () => (await heldNow()) === 0, 20)
  })
}

test('an answer larger than the limit of unfinished bodies is sent', async (t) => {
  const remote = await startRemote(t, replying(REPLY))
  const limits = { body: '1KiB', reply: '16MiB', bodies: '64MiB' }
  const { url } = await startService(t, { config: fullConfig(remote.url, { more: { limits } }) })
  const { status, text } = await post(`${url}/getToken`, '{}')
  t.is(status, 200)
  t.true(text.length > 16 * MIB)
})
