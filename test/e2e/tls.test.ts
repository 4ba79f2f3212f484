/** The built program on a listener with TLS: certificates that change while it runs, and its health check. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { writeFiles } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { send } from '../helpers/http.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import { childrenOf } from '../helpers/workers.ts'

const authority = createAuthority()
const devices = createAuthority('Device Root')
const device = devices.issue({ use: 'client' })
const first = authority.issue()

function config(main: object, more: object = {}): string {
  return JSON.stringify({
    listen: { main: { host: '127.0.0.1', ...main } },
    routes: [{ claims: '/claims', sources: [{ from: 'fixed', set: { a: 1 } }] }],
    ...more
  })
}

const TLS = { cert: { file: 'tls.crt' }, key: { file: 'tls.key' } }
const MUTUAL = { ...TLS, clientCa: { file: 'ca.crt' }, clientCertificate: 'request' }
const GRADED = { routes: [{ claims: '/claims', sources: [{ from: 'certificate' }] }] }

async function start(t: ExecutionContext, text: string) {
  const folder = await writeFiles(t, {
    'txtoken.yml': text,
    'tls.crt': first.cert,
    'tls.key': first.key,
    'ca.crt': devices.cert
  })
  const env = { CFG_FILE: join(folder, 'txtoken.yml') }
  const program = runProgram(t, { env })
  const url = (await urlOf(program)).replace('http:', 'https:')
  return {
    program,
    url: `${url}/claims`,
    env,
    write: (name: string, content: string) => writeFile(join(folder, name), content)
  }
}

test('new certificates are used without a restart, also for authorities of clients', async (t) => {
  const { program, url, write } = await start(t, config({ port: 0, tls: MUTUAL }, GRADED))
  const ask = async (ca: string, shown: object) => (await send(url, { tls: { ca, ...shown } })).text
  t.is(await ask(authority.cert, device), '{"trust":1000}')

  const nextAuthority = createAuthority('Next Root')
  const nextDevices = createAuthority('Next Devices')
  const next = nextAuthority.issue()
  // Certificate and key do not match: the old pair stays until both are there.
  await write('tls.crt', next.cert)
  await program.saying('configuration not reloaded')
  t.is(await ask(authority.cert, device), '{"trust":1000}')
  await write('tls.key', next.key)
  await write('ca.crt', nextDevices.cert)
  await program.saying('configuration reloaded')
  t.is(await ask(nextAuthority.cert, nextDevices.issue({ use: 'client' })), '{"trust":1000}')
  t.is(await ask(nextAuthority.cert, device), '{"trust":0}')
  await t.throwsAsync(ask(authority.cert, device), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  t.false(program.output().stdout.includes('takes a restart'))
})

test('all workers use new certificates, also one that starts later', async (t) => {
  const { program, url, write } = await start(t, config({ port: 0, tls: TLS }, { workers: 2 }))
  const ask = async (ca: string) => (await send(url, { tls: { ca } })).status
  for (let count = 0; count < 4; count++) t.is(await ask(authority.cert), 200)
  const nextAuthority = createAuthority('Next Root')
  const next = nextAuthority.issue()
  await write('tls.crt', next.cert)
  await write('tls.key', next.key)
  await program.saying('"configuration reloaded"')
  for (let count = 0; count < 4; count++) t.is(await ask(nextAuthority.cert), 200)
  const [victim = 0] = childrenOf(program.process.pid ?? 0)
  process.kill(victim, 'SIGKILL')
  await program.saying('worker started again')
  for (let count = 0; count < 4; count++) t.is(await ask(nextAuthority.cert), 200)
})

test('changing whether clients are asked for certificates takes a restart', async (t) => {
  const { program, url, write } = await start(t, config({ port: 0, tls: MUTUAL }))
  const tls = { ...MUTUAL, clientCertificate: 'require' }
  await write('txtoken.yml', config({ port: 0, tls }))
  await program.saying('which takes a restart')
  t.is((await send(url, { tls: { ca: authority.cert } })).status, 200)
})

async function checkHealth(t: ExecutionContext, env: Record<string, string>) {
  return runProgram(t, { args: ['healthcheck'], env }).exit()
}

for (const [what, tls] of [
  ['TLS', TLS],
  ['TLS that asks clients for a certificate', MUTUAL]
] as const) {
  test(`the health check calls a listener with ${what}`, async (t) => {
    const [port = 0] = await freePorts(1)
    const { env } = await start(t, config({ port, tls }))
    t.deepEqual(await checkHealth(t, env), { code: 0, stdout: '', stderr: '' })
  })
}

test('the health check reports why it cannot call a listener that requires a certificate', async (t) => {
  const [port = 0] = await freePorts(1)
  const tls = { ...MUTUAL, clientCertificate: 'require' }
  const { env } = await start(t, config({ port, tls }))
  t.deepEqual(await checkHealth(t, env), {
    code: 1,
    stdout: '',
    stderr:
      'txtoken healthcheck: the listener main accepts only clients with a certificate, expected health on another listener: listen.admin, or a health route\n'
  })
})

test('the health check calls the health route where nothing is on main', async (t) => {
  const [port = 0, other = 0] = await freePorts(2)
  const listen = {
    tokens: { host: '127.0.0.1', port: other },
    health: { host: '127.0.0.1', port }
  }
  const routes = [
    { claims: '/claims', on: 'tokens', sources: [{ from: 'fixed', set: { a: 1 } }] },
    { health: '/health', on: 'health' }
  ]
  const { env } = await start(t, JSON.stringify({ listen, routes }))
  t.deepEqual(await checkHealth(t, env), { code: 0, stdout: '', stderr: '' })
})

test('TLS on a port without TLS leaves one line in the log, and the port keeps answering', async (t) => {
  const { program, url } = await start(t, config({ port: 0 }))
  for (let count = 0; count < 2; count++) {
    await t.throwsAsync(send(url, { tls: { ca: authority.cert } }), { code: 'EPROTO' })
  }
  await program.saying('a client uses TLS on a port without TLS')
  t.is((await send(url.replace('https:', 'http:'))).status, 200)
  t.is(program.output().stdout.split('a client uses TLS').length, 2)
  t.regex(program.output().stdout, /"listener":"main","msg":"a client uses TLS/)
})

test('plain HTTP on a port with TLS leaves one line in the log, and the port keeps answering', async (t) => {
  const { program, url } = await start(t, config({ port: 0, tls: TLS }))
  for (let count = 0; count < 2; count++) {
    await t.throwsAsync(send(url.replace('https:', 'http:')))
  }
  await program.saying('a client uses plain HTTP on a port with TLS')
  t.is((await send(url, { tls: { ca: authority.cert } })).status, 200)
  t.is(program.output().stdout.split('a client uses plain HTTP').length, 2)
  t.regex(program.output().stdout, /"listener":"main","msg":"a client uses plain HTTP/)
})
