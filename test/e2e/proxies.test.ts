/** The built program in a network that can only be left through a proxy. */
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import test from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { startCollector } from '../helpers/collector.ts'
import { writeConfig } from '../helpers/folder.ts'
import { startForwardProxy } from '../helpers/forward-proxy.ts'
import { post } from '../helpers/http.ts'
import { runProgram, runService } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const configOf = (more = '') => `
listen: { main: { host: 127.0.0.1, port: 0 } }
keys: [{ alg: HS256, secret: '\${ENC_KEY}' }]
routes:
  - { issue: /token, claims: [{ from: remote, url: 'http://api.example/login', at: data${more} }] }
  - check: /check
    verify: [{ jwks: 'http://idp.example/keys', issuer: 'https://idp.example', algorithms: [RS256], allowHttp: true }]
`

test('calls go through the proxy of the environment, and the log names it without its password', async (t) => {
  const remote = await startRemote(t, replying('{"id":1,"keys":[]}'))
  const proxy = await startForwardProxy(t, remote.url)
  const HTTP_PROXY = proxy.url.replace('//', '//user:a-secret-password@')
  const service = await runService(t, configOf(), { ENC_KEY, HTTP_PROXY, NO_PROXY: 'localhost' })
  t.is((await post(`${service.url}/token`, '{}')).status, 200)
  const lines = proxy.asked.map(({ line }) => line)
  t.true(lines.includes('POST http://api.example/login'), lines.join())
  t.true(lines.includes('GET http://idp.example/keys'), lines.join())
  const { stdout, stderr } = service.output()
  const line = stdout.split('\n').find((text) => text.includes('calls go through proxies')) ?? '{}'
  t.deepEqual(JSON.parse(line).proxies, { http: proxy.url, except: 'localhost' })
  t.false((stdout + stderr).includes('a-secret-password'))
})

test('with NO_PROXY or proxy: none calls are direct', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const proxy = await startForwardProxy(t, remote.url)
  const straight = (more: string) => configOf(more).replace('http://api.example/login', remote.url)
  const exempt = { ENC_KEY, HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.0/8' }
  const service = await runService(t, straight(''), exempt)
  t.is((await post(`${service.url}/token`, '{}')).status, 200)
  const own = await runService(t, straight(', proxy: none'), { ENC_KEY, HTTP_PROXY: proxy.url })
  t.is((await post(`${own.url}/token`, '{}')).status, 200)
  t.deepEqual([...new Set(proxy.asked.map(({ line }) => line))], ['GET http://idp.example/keys'])
})

test('traces are sent through the proxy, too', async (t) => {
  const collector = await startCollector(t)
  const proxy = await startForwardProxy(t, collector.url)
  const remote = await startRemote(t, replying('{"id":1}'))
  const config = configOf(', proxy: none').replace('http://api.example/login', remote.url)
  const service = await runService(t, config, {
    ENC_KEY,
    HTTP_PROXY: proxy.url,
    NO_PROXY: 'idp.example',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.example:4318'
  })
  await post(`${service.url}/token`, '{}')
  service.process.kill('SIGTERM')
  await service.exit()
  t.true(collector.spans.length > 0)
  const lines = proxy.asked.map(({ line }) => line)
  t.true(lines.includes('POST http://collector.example:4318/v1/traces'), lines.join())
})

for (const scheme of ['http', 'https'] as const) {
  test(`an https:// proxy leads to an ${scheme}:// remote, if its certificate is of a known authority`, async (t) => {
    const authority = createAuthority()
    const name = 'api.example'
    const tls = scheme === 'https' ? authority.issue({ hosts: [name] }) : undefined
    const remote = await startRemote(t, replying('{"id":1}'), tls)
    const proxy = await startForwardProxy(t, remote.url, 200, authority.issue())
    const ca = path.join(await createTemporaryFolder(t), 'ca.pem')
    await writeFile(ca, authority.cert)
    const source = {
      from: 'remote',
      url: `${scheme}://${name}/login`,
      at: 'data',
      proxy: proxy.url.replace('//', '//us%3Aer:50%off@'),
      ...(tls !== undefined && { tls: { ca: { file: ca } } })
    }
    const config = JSON.stringify({
      listen: { main: { host: '127.0.0.1', port: 0 } },
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      routes: [{ issue: '/token', statuses: 'relay', claims: [source] }]
    })
    const service = await runService(t, config, { ENC_KEY, NODE_EXTRA_CA_CERTS: ca })
    const answer = await post(`${service.url}/token`, '{}')
    t.is(answer.status, 200, answer.text)
    const line = scheme === 'https' ? `CONNECT ${name}:443` : `POST http://${name}/login`
    const authorization = `Basic ${Buffer.from('us:er:50%off').toString('base64')}`
    t.deepEqual(proxy.asked, [{ line, authorization }])
    const wary = await runService(t, config, { ENC_KEY, NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    const { status, text } = await post(`${wary.url}/token`, '{}')
    t.is(status, 502)
    t.regex(text, /TLS failure/)
    t.is(proxy.asked.length, 1)
  })
}

test('check-config --probe tries what the service would do, and explain shows it', async (t) => {
  const remote = await startRemote(t, replying('{"id":1,"keys":[]}'))
  const proxy = await startForwardProxy(t, remote.url)
  const file = await writeConfig(t, configOf())
  const env = { ENC_KEY, http_proxy: proxy.url.replace('//', '//user:secret@') }
  const probed = await runProgram(t, { args: ['check-config', file, '--probe'], env }).exit()
  t.regex(
    probed.stdout,
    /ok {5}routes\[0\]\.claims\[0\]\.url http:\/\/api\.example\/login: answers/
  )
  const explained = await runProgram(t, { args: ['explain', file], env }).exit()
  t.true(explained.stdout.endsWith(`proxies of the environment\n  http ${proxy.url}\n`))

  const own = await writeConfig(t, configOf(", proxy: 'http://user:secret@proxy.example:3128'"))
  const shown = await runProgram(t, { args: ['explain', own], env: { ENC_KEY } }).exit()
  t.true(shown.stdout.includes('proxy http://user:***@proxy.example:3128'), shown.stdout)

  const wrong = { ENC_KEY, HTTPS_PROXY: 'socks5://user:secret@proxy' }
  const failed = await runProgram(t, { args: ['check-config', file], env: wrong }).exit()
  t.is(failed.code, 1)
  t.is(
    failed.stderr,
    'txtoken check-config: HTTPS_PROXY: expected the http:// or https:// URL of a proxy\n'
  )
})
