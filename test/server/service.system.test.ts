import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { startJwksServer } from '../helpers/jwks-server.ts'
import { generateKeys, toJwk, toPem } from '../helpers/keys.ts'
import { runService } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'

const ISSUE = { claims: [{ from: 'remote', at: 'data' }], issue: '/token' }

function config(remote: string, more: object = {}): string {
  return JSON.stringify({
    listen: { main: { port: 0, host: '127.0.0.1' } },
    keys: [{ kid: 'k', alg: 'ES256', private: { file: 'key.pem' } }],
    routes: [
      { ...ISSUE, claims: [{ ...ISSUE.claims[0], url: remote }] },
      { check: '/check', verify: [{ keys: 'all' }] }
    ],
    ...more
  })
}

/** Writes the first key beside the configuration before the program starts with it. */
async function startWithKey(
  t: Parameters<typeof runService>[0],
  remote: string,
  more: object = {}
) {
  const pem = toPem(generateKeys('ES256').signing)
  const withKey = config(remote, more).replace('{"file":"key.pem"}', JSON.stringify(pem))
  const service = await runService(t, withKey)
  const keyFile = join(service.file, '..', 'key.pem')
  await writeFile(keyFile, pem)
  return { ...service, keyFile }
}

async function getToken(url: string): Promise<string> {
  const response = await fetch(`${url}/token`, { method: 'POST', body: '{}' })
  return ((await response.json()) as { token: string }).token
}

async function check(url: string, token: string): Promise<number> {
  const response = await fetch(`${url}/check`, { headers: { authorization: `Bearer ${token}` } })
  await response.text()
  return response.status
}

test('SIGHUP swaps in a changed configuration', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await startWithKey(t, remote.url)
  const token = await getToken(service.url)
  await writeFile(
    service.file,
    config(remote.url, { routes: [{ check: '/other', verify: [{ keys: 'all' }] }] })
  )
  service.process.kill('SIGHUP')
  await service.saying('configuration reloaded')
  t.is(await check(service.url, token), 404)
  const response = await fetch(`${service.url}/other?access_token=${token}`)
  t.is(response.status, 200)
  await response.text()
})

test('a changed key file is picked up, without a signal', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await startWithKey(t, remote.url)
  await writeFile(service.file, config(remote.url))
  await service.saying('configuration reloaded')
  const old = await getToken(service.url)
  t.is(await check(service.url, old), 200)
  const before = service.output().stdout.length
  await writeFile(service.keyFile, toPem(generateKeys('ES256').signing))
  await service.saying('configuration reloaded', before)
  t.is(await check(service.url, old), 401)
  t.is(await check(service.url, await getToken(service.url)), 200)
})

test('a key file that is written after the configuration is picked up', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await startWithKey(t, remote.url)
  const more = [{ kid: 'next', alg: 'ES256', private: { file: 'next.pem' } }]
  await writeFile(service.file, config(remote.url, { keys: more }))
  await service.saying('next.pem (no such file)')
  await writeFile(join(service.file, '..', 'next.pem'), toPem(generateKeys('ES256').signing))
  await service.saying('configuration reloaded')
  const [header = ''] = (await getToken(service.url)).split('.')
  t.is(JSON.parse(Buffer.from(header, 'base64url').toString()).kid, 'next')
})

test('a key file that changes while a reload waits for a JWK Set is picked up', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  let answer: (() => void) | undefined
  let asked = () => {}
  const jwksServer = await startJwksServer(t, (_request, response) => {
    answer = () => void response.writeHead(503).end()
    asked()
  })
  const service = await startWithKey(t, remote.url)
  const waiting = new Promise<void>((resolve) => {
    asked = resolve
  })
  const local = { kid: 'k', alg: 'ES256', private: { file: 'key.pem' } }
  const distant = { kid: 'far', alg: 'ES256', jwksUrl: jwksServer.url, allowHttp: true }
  await writeFile(service.file, config(remote.url, { keys: [local, distant] }))
  await waiting
  const old = await getToken(service.url)
  await writeFile(service.keyFile, toPem(generateKeys('ES256').signing))
  jwksServer.reply = { status: 503 }
  const before = service.output().stdout.length
  answer?.()
  await service.saying('configuration reloaded', before)
  const between = service.output().stdout.length
  await service.saying('configuration reloaded', between)
  t.is(await check(service.url, old), 401)
})

test('a reload while a JWK Set cannot be fetched keeps its keys', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const jwk = toJwk(generateKeys('ES256').signing, { kid: 'far' })
  const jwksServer = await startJwksServer(t, { body: { keys: [jwk] } })
  const keys = [{ kid: 'far', alg: 'ES256', jwksUrl: jwksServer.url, allowHttp: true }]
  const service = await runService(t, config(remote.url, { keys }))
  const token = await getToken(service.url)
  jwksServer.reply = { status: 503 }
  service.process.kill('SIGHUP')
  await service.saying('configuration reloaded')
  t.is(await check(service.url, token), 200)
  const { host } = new URL(jwksServer.url)
  await service.saying(`"remote":"${host}","key":"far","outcome":"status"`)
  const before = service.output().stdout.length
  jwksServer.reply = { body: { keys: [] } }
  service.process.kill('SIGHUP')
  await service.saying('configuration reloaded', before)
  t.is(await check(service.url, token), 401)
})

test('an invalid configuration is not swapped in, and the log and a metric show it', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await startWithKey(t, remote.url)
  const good = await readFile(service.file, 'utf8')
  await writeFile(service.file, good.replace('"check":"/check"', '"chekc":"/check"'))
  service.process.kill('SIGHUP')
  await service.saying('configuration not reloaded')
  t.true(service.output().stdout.includes('chekc'))
  t.is(await check(service.url, await getToken(service.url)), 200)
  const metrics = await (await fetch(`${service.url}/metrics`)).text()
  t.true(metrics.includes('txtoken_config_reloads_total{result="failed"} 1'))
})

test('a request that waits for the remote during a reload gets its token', async (t) => {
  let answer: () => void = () => t.fail('the remote was not asked')
  const remote = await startRemote(t, (response) => {
    answer = () => replying('{"id":1}')(response)
  })
  const service = await startWithKey(t, remote.url)
  const asked = remote.asked()
  const pending = getToken(service.url)
  await asked
  const changed = await startRemote(t, replying('{"id":2}'))
  const text = await readFile(service.file, 'utf8')
  await writeFile(service.file, text.replace(remote.url, changed.url))
  service.process.kill('SIGHUP')
  await service.saying('configuration reloaded')
  const payload = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  t.is(payload(await getToken(service.url)).data.id, 2)
  answer()
  t.is(payload(await pending).data.id, 1)
})

test('no request is dropped while the configuration is reloaded again and again', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await startWithKey(t, remote.url)
  let running = true
  let answered = 0
  const ask = async () => {
    while (running) {
      t.is(await check(service.url, await getToken(service.url)), 200)
      answered++
    }
  }
  const clients = [ask(), ask(), ask(), ask()]
  for (let round = 0; round < 5; round++) {
    const before = service.output().stdout.length
    service.process.kill('SIGHUP')
    await service.saying('configuration reloaded', before)
  }
  running = false
  await Promise.all(clients)
  t.true(answered > 0)
})

test('a changed listener is logged as requiring a restart', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await startWithKey(t, remote.url)
  const text = await readFile(service.file, 'utf8')
  await writeFile(service.file, text.replace('"port":0', '"port":1'))
  service.process.kill('SIGHUP')
  await service.saying('which takes a restart')
  t.is(await check(service.url, await getToken(service.url)), 200)
  service.process.kill('SIGTERM')
  const [code] = await once(service.process, 'close')
  t.is(code, 0)
})
