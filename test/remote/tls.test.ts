import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TlsOptions } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { type Answer, post } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const authority = createAuthority()
const other = createAuthority('Other Root')
const server = authority.issue()
const client = authority.issue({ name: 'txtoken', use: 'client' })
const HOUR_MS = 3_600_000
const TLS_FAILURE = '{"error":"TLS failure","message":"Remote post failure."}'

interface Trust {
  ca?: string | undefined
  cert?: string | undefined
  key?: string | undefined
}

/** Asks for a token in front of a remote that speaks TLS. */
async function ask(t: ExecutionContext, remote: TlsOptions, tls: Trust): Promise<Answer> {
  const { url, requests } = await startRemote(t, replying('{}'), remote)
  const config = fullConfig(url, { source: { tls, timeout: '60s', connectTimeout: '60s' } })
  const service = await startService(t, { config })
  const answer = await post(`${service.url}/getToken`, '{}')
  t.is(requests.length, answer.status === 200 ? 1 : 0)
  return answer
}

test('a remote is trusted by the configured authority', async (t) => {
  t.is((await ask(t, server, { ca: authority.cert })).status, 200)
})

test('one of several authorities is enough', async (t) => {
  t.is((await ask(t, server, { ca: other.cert + authority.cert })).status, 200)
})

const mutual = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true }

test('a remote that asks for the certificate of its client gets it', async (t) => {
  const { cert, key } = client
  t.is((await ask(t, mutual, { ca: authority.cert, cert, key })).status, 200)
})

const rejected: [string, TlsOptions, Trust][] = [
  ['of an authority that the configuration does not name', server, { ca: other.cert }],
  ['of an authority that Node.js does not know', server, {}],
  ['that is for another host', authority.issue({ hosts: ['example.com'] }), { ca: authority.cert }],
  [
    'that has expired',
    authority.issue({
      notBefore: new Date(Date.now() - 2 * HOUR_MS),
      notAfter: new Date(Date.now() - HOUR_MS)
    }),
    { ca: authority.cert }
  ],
  [
    'that is not valid yet',
    authority.issue({ notBefore: new Date(Date.now() + HOUR_MS) }),
    { ca: authority.cert }
  ],
  ['that is for clients', client, { ca: authority.cert }],
  [
    'and TLS 1.1 at the most',
    { ...server, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' },
    { ca: authority.cert }
  ]
]

for (const [what, remote, tls] of rejected) {
  test(`a remote with a certificate ${what} is rejected`, async (t) => {
    const answer = await ask(t, remote, tls)
    t.is(answer.text, TLS_FAILURE)
    t.is(answer.status, 500)
  })
}

const untrusted: [string, Trust][] = [
  ['no certificate', {}],
  ['a certificate of an unknown authority', other.issue({ use: 'client' })]
]

for (const [what, tls] of untrusted) {
  test(`a remote that requires a client certificate rejects a client with ${what}`, async (t) => {
    const { cert, key } = tls
    const answer = await ask(t, mutual, { ca: authority.cert, cert, key })
    // In TLS 1.3 the rejection comes after the handshake, and the end of the connection may overtake it.
    t.regex(answer.text, /^\{"error":"(TLS failure|connection closed)",/)
    t.is(answer.status, 500)
  })
}

test('an https remote without TLS is an error', async (t) => {
  const plain = createServer((_request, response) => response.end('{}'))
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  t.teardown(() => plain.close())
  const { port } = plain.address() as AddressInfo
  const config = fullConfig(`https://127.0.0.1:${port}/`, {
    source: { tls: { ca: authority.cert } }
  })
  const service = await startService(t, { config })
  t.is((await post(`${service.url}/getToken`, '{}')).text, TLS_FAILURE)
})

test.serial('no environment variable disables verification', async (t) => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
  t.is((await ask(t, server, { ca: other.cert })).text, TLS_FAILURE)
})
