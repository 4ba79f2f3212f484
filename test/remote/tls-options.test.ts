/** TLS towards other services: trusted authorities, client certificates and pins. */
import type { IncomingMessage } from 'node:http'
import { Agent, get } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createServer, type PeerCertificate, type TlsOptions as ServerOptions } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { Pool } from 'undici'
import { createPinnedIdentityCheck } from '../../src/remote/certificate-pins.ts'
import { isTlsFailure } from '../../src/remote/remote-errors.ts'
import { createTlsOptions, type TlsSettings } from '../../src/remote/tls-options.ts'
import { createAuthority } from '../helpers/certificates.ts'

const root = createAuthority()
const intermediate = root.issueAuthority('Test Intermediate')
const server = intermediate.issue()
const stranger = createAuthority('Stranger')

/** Starts a TLS server that answers any request, and notes how each connection was set up. */
async function startServer(t: ExecutionContext, options: ServerOptions) {
  const handshakes: { resumed: boolean; cipher: string }[] = []
  const listener = createServer(options, (socket) => {
    handshakes.push({ resumed: socket.isSessionReused(), cipher: socket.getCipher().name })
    socket.on('error', () => {})
    socket.once('data', () =>
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok')
    )
  })
  listener.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  t.teardown(() => new Promise<void>((resolve) => listener.close(() => resolve())))
  return { port: (listener.address() as AddressInfo).port, handshakes }
}

/** @returns the status, or the code of the error */
function call(port: number, agent: Agent, host = '127.0.0.1'): Promise<number | string> {
  return new Promise((resolve) => {
    get({ host, port, agent }, (response: IncomingMessage) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
  })
}

function agentFor(settings: TlsSettings): Agent {
  return new Agent(createTlsOptions(settings))
}

const pinCases = [
  { pinned: 'the server', pin: server.pin, expected: 200 },
  { pinned: 'the authority that issued it', pin: intermediate.pin, expected: 200 },
  { pinned: 'the root, which is not sent', pin: root.pin, expected: 200 },
  { pinned: 'another server', pin: stranger.pin, expected: 'ERR_TLS_PIN' }
]
for (const { pinned, pin, expected } of pinCases) {
  test(`a call with the pin of ${pinned} ends with ${expected}`, async (t) => {
    const { port } = await startServer(t, server)
    t.is(await call(port, agentFor({ ca: root.cert, pins: [pin] })), expected)
  })
}

test('one matching pin of several is enough, in base64 as well', async (t) => {
  const { port } = await startServer(t, server)
  const base64 = Buffer.from(server.pin, 'base64url').toString('base64')
  t.is(await call(port, agentFor({ ca: root.cert, pins: [stranger.pin, base64] })), 200)
})

test('a pinned certificate outside of the verified chain does not count', async (t) => {
  const { port } = await startServer(t, { ...server, cert: server.cert + stranger.cert })
  const agent = agentFor({ ca: root.cert, pins: [stranger.pin] })
  t.is(await call(port, agent), 'ERR_TLS_PIN')
})

test('a pinned certificate with the name of the issuer that did not sign does not count', async (t) => {
  const namesake = createAuthority()
  const own = root.issue({ keyIdentifiers: false })
  const { port } = await startServer(t, { ...own, cert: own.cert + namesake.cert })
  t.is(await call(port, agentFor({ ca: root.cert })), 200)
  t.is(await call(port, agentFor({ ca: root.cert, pins: [namesake.pin] })), 'ERR_TLS_PIN')
})

test('a matching pin does not make up for an unknown authority, an expired certificate or another host', async (t) => {
  const expired = root.issue({ notBefore: new Date(0), notAfter: new Date(1000) })
  const elsewhere = root.issue({ hosts: ['elsewhere.example'] })
  const unknown = stranger.issue()
  const cases = [
    { certificate: expired, expected: 'CERT_HAS_EXPIRED' },
    { certificate: elsewhere, expected: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    { certificate: unknown, expected: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }
  ]
  for (const { certificate, expected } of cases) {
    const { port } = await startServer(t, certificate)
    const agent = agentFor({ ca: root.cert, pins: [certificate.pin] })
    t.is(await call(port, agent), expected)
  }
})

test.serial('certificates are verified, whatever the environment variables are', async (t) => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  })
  const { port } = await startServer(t, stranger.issue())
  t.is(await call(port, agentFor({})), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`each ${version} connection with pins has a full handshake, which checks them`, async (t) => {
    const { port, handshakes } = await startServer(t, { ...server, maxVersion: version })
    const pinned = agentFor({ ca: root.cert, pins: [server.pin] })
    t.is(await call(port, pinned), 200)
    t.is(await call(port, pinned), 200)
    t.deepEqual(
      handshakes.map(({ resumed }) => resumed),
      [false, false]
    )
  })
}

test('undici accepts the same options', async (t) => {
  const { port } = await startServer(t, server)
  const origin = `https://127.0.0.1:${port}`
  const right = new Pool(origin, {
    connect: createTlsOptions({ ca: root.cert, pins: [intermediate.pin] })
  })
  const wrong = new Pool(origin, {
    connect: createTlsOptions({ ca: root.cert, pins: [stranger.pin] })
  })
  t.teardown(() => Promise.all([right.destroy(), wrong.destroy()]))
  const { statusCode, body } = await right.request({ method: 'GET', path: '/' })
  await body.dump()
  t.is(statusCode, 200)
  const error = await t.throwsAsync(wrong.request({ method: 'GET', path: '/' }), {
    code: 'ERR_TLS_PIN'
  })
  t.true(isTlsFailure(error))
})

test('only the given authority is trusted', async (t) => {
  const { port } = await startServer(t, stranger.issue())
  t.is(await call(port, agentFor({ ca: root.cert + stranger.cert })), 200)
  t.is(await call(port, agentFor({ ca: root.cert })), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
})

test('a TLS version older than the oldest allowed one is rejected', async (t) => {
  const { port } = await startServer(t, { ...server, maxVersion: 'TLSv1.2' })
  t.is(await call(port, agentFor({ ca: root.cert })), 200)
  const code = await call(port, agentFor({ ca: root.cert, minVersion: 'TLSv1.3' }))
  t.is(code, 'EPROTO')
})

test('for TLS 1.2, only the listed cipher suites are offered', async (t) => {
  const agent = agentFor({ ca: root.cert, ciphers: ['ecdhe-ecdsa-aes256-gcm-sha384'] })
  const { port, handshakes } = await startServer(t, { ...server, maxVersion: 'TLSv1.2' })
  t.is(await call(port, agent), 200)
  t.is(handshakes[0]?.cipher, 'ECDHE-ECDSA-AES256-GCM-SHA384')

  const other = await startServer(t, {
    ...server,
    maxVersion: 'TLSv1.2',
    ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256'
  })
  t.is(await call(other.port, agent), 'EPROTO')
})

test('for TLS 1.3, only the listed cipher suites are offered, and older versions are rejected', async (t) => {
  const agent = agentFor({ ca: root.cert, ciphers: ['TLS_CHACHA20_POLY1305_SHA256'] })
  const { port, handshakes } = await startServer(t, server)
  t.is(await call(port, agent), 200)
  t.is(handshakes[0]?.cipher, 'TLS_CHACHA20_POLY1305_SHA256')

  const older = await startServer(t, { ...server, maxVersion: 'TLSv1.2' })
  t.is(await call(older.port, agent), 'EPROTO')
})

const rejected: readonly { title: string; settings: TlsSettings; message: RegExp }[] = [
  { title: 'an empty list of pins', settings: { pins: [] }, message: /empty list of pins/ },
  {
    title: 'a pin in hex',
    settings: { pins: [server.pin, 'ab'.repeat(32)] },
    message: /pin \(number 2\) that is not base64/
  },
  { title: 'a shortened pin', settings: { pins: [server.pin.slice(1)] }, message: /number 1/ },
  {
    title: 'a ca that is no PEM',
    settings: { ca: '/etc/ca.pem' },
    message: /without a certificate/
  },
  {
    title: 'a ca with a broken certificate',
    settings: { ca: root.cert + stranger.cert.replace('MII', 'AAA') },
    message: /certificate number 2 cannot be read/
  },
  {
    title: 'a cipher suite that does not exist',
    settings: { ciphers: ['TLS_AES_128_GCM_SHA256', 'ALL:!aNULL'] },
    message: /"ALL:!aNULL"/
  },
  {
    title: 'an empty list of cipher suites',
    settings: { ciphers: [] },
    message: /no cipher suite/
  },
  {
    title: 'TLS 1.3 without a cipher suite of it',
    settings: { minVersion: 'TLSv1.3', ciphers: ['ECDHE-RSA-AES128-GCM-SHA256'] },
    message: /no cipher suite for TLSv1\.3/
  }
]
for (const { title, settings, message } of rejected) {
  test(`TLS options are rejected: ${title}`, (t) => {
    t.throws(() => createTlsOptions(settings), { instanceOf: TypeError, message })
  })
}

test('an unreadable certificate is an error of the call, not an exception in the socket', (t) => {
  const checkPinnedIdentity = createPinnedIdentityCheck(['A'.repeat(43)])
  const peer = { raw: Buffer.from('no certificate'), subjectaltname: 'DNS:localhost' }
  const error = checkPinnedIdentity('localhost', peer as PeerCertificate)
  t.like(error, { code: 'ERR_TLS_PIN' })
  t.truthy(error?.cause)
})
