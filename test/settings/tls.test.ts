import { join } from 'node:path'
import test from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { parse, problemsOf } from '../helpers/config.ts'
import { writeFiles } from '../helpers/folder.ts'

const authority = createAuthority()
const { cert, key } = authority.issue({ use: 'client' })
const other = authority.issue({ use: 'client' })

function withTls(tls: object): object {
  const source = { from: 'remote', url: 'https://example.com', at: 'data', tls }
  return {
    keys: [{ alg: 'HS256', secret: 'a secret of thirty-two characters or more' }],
    routes: [{ issue: '/token', claims: [source] }]
  }
}

const PATH = 'routes[0].claims[0].tls'

test('certificates and keys are PEM', (t) => {
  for (const tls of [{}, { ca: authority.cert }, { ca: authority.cert + cert }, { cert, key }]) {
    t.notThrows(() => parse(withTls(tls)))
  }
})

test('certificates and keys have every form that keys of tokens have', async (t) => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const der = (pem: string) => pem.replaceAll(/-----.*-----|\n/g, '')
  const folder = await writeFiles(t, {
    cert: Buffer.from(der(cert), 'base64'),
    key: Buffer.from(der(key), 'base64')
  })
  const file = (name: string) => ({ file: join(folder, name) })
  t.notThrows(() => parse(withTls({ ca: file('cert'), cert: file('cert'), key: file('key') })))
  for (const write of [
    base64,
    der,
    (text: string) => `'${base64(text)}'`,
    (text: string) => JSON.stringify(text),
    (text: string) => der(text).replaceAll(/.{64}/g, '$&\\n'),
    (text: string) => der(text).replaceAll(/.{64}/g, '$&\n')
  ]) {
    const tls = { ca: write(authority.cert), cert: write(cert), key: write(key) }
    t.notThrows(() => parse(withTls(tls)), tls.cert)
  }
})

test('text that is not the expected PEM is reported at the start, and not quoted', (t) => {
  const expected = `${PATH}.ca: expected PEM certificates`
  t.deepEqual(problemsOf(t, withTls({ ca: 'n0body' })), [expected])
  t.deepEqual(problemsOf(t, withTls({ ca: '' })), [expected])
  t.deepEqual(problemsOf(t, withTls({ ca: key })), [expected])
  t.deepEqual(problemsOf(t, withTls({ ca: cert.replace(/^MI/m, 'AA') })), [expected])
  t.deepEqual(problemsOf(t, withTls({ cert: 'n0body', key: 'n0body' })), [
    `${PATH}.cert: expected PEM certificates`,
    `${PATH}.key: expected a PEM private key without a passphrase`
  ])
})

test('the name of a file in place of its content is reported with the setting for it', (t) => {
  t.deepEqual(problemsOf(t, withTls({ ca: 'ca.crt' })), [
    `${PATH}.ca: expected PEM certificates; did you mean { file: ca.crt }?`
  ])
  t.deepEqual(
    problemsOf(t, withTls({ cert: './tls/client.pem', key: '/run/secrets/client-key' })),
    [
      `${PATH}.cert: expected PEM certificates; did you mean { file: ./tls/client.pem }?`,
      `${PATH}.key: expected a PEM private key without a passphrase; did you mean { file: /run/secrets/client-key }?`
    ]
  )
})

test('a certificate requires its own key', (t) => {
  for (const tls of [{ cert }, { key }]) {
    t.deepEqual(problemsOf(t, withTls(tls)), [`${PATH}: expected cert and key together`])
  }
  t.deepEqual(problemsOf(t, withTls({ cert, key: other.key })), [
    `${PATH}: expected the key to be that of the cert`
  ])
})
