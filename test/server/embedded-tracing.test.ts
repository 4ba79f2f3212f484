/** A separate file, since environment variables belong to the process. */
import test from 'ava'
import { createApp } from '../../src/index.ts'
import { startCollector } from '../helpers/collector.ts'
import { post, serve } from '../helpers/http.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

test('an embedded service sends its spans before it has closed', async (t) => {
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
  await post(`${await serve(t, app.callback())}/token`, '{}')
  await app.close()
  t.deepEqual(collector.spans.map(({ name }) => name).sort(), ['POST /token', 'sign'])
})
