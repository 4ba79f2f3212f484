import test from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { parse, problemsOf } from '../helpers/config.ts'
import { writeFiles } from '../helpers/folder.ts'

const authority = createAuthority()
const { cert, key } = authority.issue()
const other = authority.issue()
const clientCa = authority.cert
const ROUTES = [{ claims: '/claims', sources: [{ from: 'fixed', set: { a: 1 } }] }]

function withTls(tls: object): object {
  return { listen: { main: { tls } }, routes: ROUTES }
}

const PATH = 'listen.main.tls'

test('certificates of a listener are in the file, in files of their own or in the environment', async (t) => {
  const folder = await writeFiles(t, { 'tls.crt': cert, 'ca.crt': clientCa })
  const tls = {
    cert: { file: 'tls.crt' },
    key: { env: 'TLS_KEY' },
    clientCa: { file: 'ca.crt' },
    clientCertificate: 'require'
  }
  const { main } = parse(withTls(tls), { folder, env: { TLS_KEY: key } }).listen
  t.deepEqual(main.tls, {
    cert: cert.trimEnd(),
    key: key.trimEnd(),
    clientCa: clientCa.trimEnd(),
    clientCertificate: 'require'
  })
  t.is(parse(withTls({ cert, key })).listen.main.tls?.clientCertificate, 'none')
  const listen = { admin: { tls: { cert, key } }, more: { port: 0, tls: { cert, key } } }
  t.notThrows(() => parse({ listen, routes: [{ ...ROUTES[0], on: 'more' }] }))
})

test('an invalid certificate or key is reported at the start, and not quoted', (t) => {
  t.deepEqual(problemsOf(t, withTls({ cert: 'n0body', key: 'n0body' })), [
    `${PATH}.cert: expected PEM certificates`,
    `${PATH}.key: expected a PEM private key without a passphrase`
  ])
  t.deepEqual(problemsOf(t, withTls({ cert })), [
    `${PATH}.key: expected text in quotes, { file: path } or { env: NAME }, found nothing`
  ])
  t.deepEqual(problemsOf(t, withTls({ cert, key: other.key })), [
    `${PATH}: expected the key to be that of the cert`
  ])
  const asking = { cert, key, clientCertificate: 'request' }
  t.deepEqual(problemsOf(t, withTls({ ...asking, clientCa: key })), [
    `${PATH}.clientCa: expected PEM certificates`
  ])
})

test('authorities of clients require that clients are asked for certificates', (t) => {
  for (const clientCertificate of ['request', 'require']) {
    t.deepEqual(problemsOf(t, withTls({ cert, key, clientCertificate })), [
      `${PATH}.clientCa: expected the authorities that certificates of clients come from`
    ])
  }
  t.deepEqual(problemsOf(t, withTls({ cert, key, clientCa })), [
    `${PATH}.clientCa: only goes with clientCertificate: request or require`
  ])
  t.deepEqual(problemsOf(t, withTls({ cert, key, clientCa, clientCertificate: 'maybe' })), [
    `${PATH}.clientCertificate: expected none, request, require`
  ])
})
