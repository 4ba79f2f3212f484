/** The memory that hostile clients can make the built program hold. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import test from 'ava'
import { fullConfig } from '../helpers/config-texts.ts'
import { eventually } from '../helpers/eventually.ts'
import { post } from '../helpers/http.ts'
import { scrape } from '../helpers/metrics.ts'
import { runService } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const CONNECTIONS = 1000
const MOST_MEGABYTES = 160

test('a thousand connections that stall inside large bodies take no more than 160 MB, and logins of others are answered', async (t) => {
  const remote = await startRemote(t, replying('{"data":{"user":"ada"}}'))
  const listen = { main: { host: '127.0.0.1', port: 0 } }
  const config = fullConfig(remote.url, { more: { listen } })
  const { url, process } = await runService(t, config, { ENC_KEY })
  const { port } = new URL(url)
  const most = Buffer.alloc(900_000, ' ')
  const sent = []
  let cut = 0
  for (let index = 0; index < CONNECTIONS; index++) {
    const socket = connect(Number(port), '127.0.0.1')
    t.teardown(() => socket.destroy())
    socket.on('error', () => {})
    socket.on('data', () => cut++)
    socket.write('POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\n')
    socket.write(most)
    sent.push(Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => {}))
    if (index % 20 === 0) t.is((await post(`${url}/getToken`, '{}')).status, 200)
  }
  await Promise.all(sent)
  for (let index = 0; index < 20; index++) {
    t.is((await post(`${url}/getToken`, '{}')).status, 200)
  }
  await eventually(() => cut > CONNECTIONS / 2, 20)
  const status = await readFile(`/proc/${process.pid}/status`, 'utf8')
  const kilobytes = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1])
  t.log(`at most ${Math.round(kilobytes / 1000)} MB, ${cut} of ${CONNECTIONS} cut`)
  t.true(kilobytes < MOST_MEGABYTES * 1000, `${kilobytes} kB`)
  t.true(((await scrape(url)).get('txtoken_body_bytes') ?? 0) > 0)
})
