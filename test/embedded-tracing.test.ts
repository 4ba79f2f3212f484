/** A file of its own: the variables are those of the process. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'ava'
import { createApp } from '../src/index.ts'
import { startCollector } from './helpers/collector.ts'
import { post } from './helpers/http.ts'
import { ENC_KEY } from './helpers/service.ts'

test('a service inside of another program sends its spans before it has closed', async (t) => {
  const collector = await startCollector(t)
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url
  const app = await createApp({
    config: {
      log: { requests: false },
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ issue: '/token', claims: [{ from: 'fixed', set: { source: 'test' } }] }]
    },
    env: { ENC_KEY }
  })
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  await post(`http://127.0.0.1:${(server.address() as AddressInfo).port}/token`, '{}')
  await app.close()
  t.deepEqual(collector.spans.map(({ name }) => name).sort(), ['POST /token', 'sign'])
})
