import type { PeerCertificate } from 'node:tls'
import test from 'ava'
import { createPinnedIdentityCheck } from '../../src/remote/certificate-pins.ts'

test('a certificate that cannot be read is an answer, not an exception in the socket', (t) => {
  const checkPinnedIdentity = createPinnedIdentityCheck(['A'.repeat(43)])
  const peer = { raw: Buffer.from('no certificate'), subjectaltname: 'DNS:localhost' }
  const error = checkPinnedIdentity('localhost', peer as PeerCertificate)
  t.like(error, { code: 'ERR_TLS_PIN' })
  t.truthy(error?.cause)
})
