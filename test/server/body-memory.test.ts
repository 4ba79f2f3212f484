/** The memory that bodies and replies take together: all of it is released, however a request ends. */
import type { ServerResponse } from 'node:http'
import test from 'ava'
import { type CreateHosts, createHosts } from '../../src/server/application.ts'
import { createKoaHost } from '../../src/server/koa-host.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { eventually } from '../helpers/eventually.ts'
import { openConnection, post, send } from '../helpers/http.ts'
import { samplesOf, scrape } from '../helpers/metrics.ts'
import { startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const hosts: Record<string, CreateHosts> = {
  'node:http': createHosts,
  Koa: (routes, parts) => createKoaHost(routes, parts)
}

/** Answers by the text of the request: well, with an error, with too much, or never. */
function answer(response: ServerResponse, { body }: { body: Buffer }): void {
  const text = body.toString()
  if (text.includes('refuse')) response.writeHead(401).end('{"reason":"no"}')
  else if (text.includes('break')) response.socket?.destroy()
  else if (text.includes('flood')) response.end(`"${'x'.repeat(100_000)}"`)
  else if (text.includes('silence')) response.write('{"data":')
  else response.end(`{"data":{"text":"${'x'.repeat(30_000)}"}}`)
}

for (const [name, createHosts] of Object.entries(hosts)) {
  test(`after many requests that end in every way, no memory is held on ${name}`, async (t) => {
    const remote = await startRemote(t, answer)
    const service = await startService(t, {
      config: fullConfig(remote.url, {
        source: { timeout: '400ms', limits: { reply: '64KiB' }, breaker: 'off' },
        more: { limits: { body: '64KiB', reply: '64KiB', bodies: '256KiB' } }
      }),
      createHosts
    })
    const url = `${service.url}/getToken`
    const padded = (text: string, length: number) => `{"${text}":"${'x'.repeat(length)}"}`
    const storm = []
    for (let round = 0; round < 10; round++) {
      for (const text of ['ok', 'refuse', 'break', 'flood', 'silence']) {
        for (const length of [1, 20_000, 65_000, 200_000]) {
          const body = padded(text, length)
          const chunked = round % 2 === 0
          storm.push(send(url, { method: 'POST', body, chunked }).catch(() => undefined))
        }
      }
      storm.push(send(url, { method: 'POST', body: 'no JSON' }))
      for (const sent of [0, 1, 20_000, 64_000]) {
        const connection = openConnection(t, service.url)
        connection.write(`POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 65000\r\n\r\n`)
        connection.write('x'.repeat(sent))
        if (round % 3 === 0) connection.socket.destroy()
        else setTimeout(() => connection.socket.destroy(), 20 * round)
      }
    }
    await Promise.all(storm)
    await eventually(async () => (await scrape(service.url)).get('txtoken_body_bytes') === 0, 20)
    const samples = await scrape(service.url)
    t.true(Object.keys(samplesOf(samples, 'txtoken_bodies_rejected_total')).length > 0)
    t.is((await post(url, '{}')).status, 200)
  })

  test(`stalled bodies are cut with 503 on ${name}, the slowest first, and complete ones are answered`, async (t) => {
    const remote = await startRemote(t, answer)
    const service = await startService(t, {
      config: fullConfig(remote.url, {
        more: { limits: { body: '64KiB', reply: '64KiB', bodies: '256KiB' } }
      }),
      createHosts
    })
    const stalled = []
    for (let index = 0; index < 10; index++) {
      const connection = openConnection(t, service.url)
      connection.write('POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 65000\r\n\r\n')
      connection.write('x'.repeat(30_000))
      stalled.push(connection)
      const { status } = await post(`${service.url}/getToken`, '{}')
      t.is(status, 200)
    }
    const text = (await stalled[0]?.closed) ?? ''
    t.regex(text, /^HTTP\/1\.1 503 /)
    t.regex(text, /^Retry-After: 1/m)
    t.regex(text, /^Connection: close/m)
    t.true(text.endsWith('{"message":"Too many bodies in flight."}'))
    const warnings = service.log.filter(({ msg }) => msg === 'memory for bodies is used up')
    t.is(warnings.length, 1)
    const last = stalled.at(-1)
    last?.write('x'.repeat(35_000))
    // The body is not JSON, and this error shows that it was read to its end.
    t.regex((await last?.until(/\}$/)) ?? '', /^HTTP\/1\.1 400 /)
  })
}

test('the budget has room for the largest body that the configuration allows', async (t) => {
  const remote = await startRemote(t, answer)
  const service = await startService(t, {
    config: fullConfig(remote.url, { more: { limits: { body: '24MiB' } } })
  })
  const body = `{"text":"${'x'.repeat(20 * 1024 ** 2)}"}`
  t.is((await post(`${service.url}/getToken`, body)).status, 200)
  t.is(remote.requests[0]?.body.length, body.length)
})

test('a reply without room in the budget is a 503', async (t) => {
  const waiting: ServerResponse[] = []
  const remote = await startRemote(t, (response) => waiting.push(response))
  const service = await startService(t, {
    config: fullConfig(remote.url, {
      more: { limits: { body: '16KiB', reply: '16KiB', bodies: '64KiB' } }
    })
  })
  const half = `{"a":"${'x'.repeat(15_000)}"}`
  const answers = [1, 2, 3, 4].map(() => post(`${service.url}/getToken`, half))
  await eventually(() => waiting.length === 4)
  for (const response of waiting) response.end(`{"data":{"text":"${'x'.repeat(15_000)}"}}`)
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  t.true(statuses.includes(503), String(statuses))
  await eventually(async () => (await scrape(service.url)).get('txtoken_body_bytes') === 0, 20)
})
