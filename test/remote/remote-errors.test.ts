import { AssertionError } from 'node:assert'
import test from 'ava'
import { remoteFailed } from '../../src/remote/remote-errors.ts'

function withCode(code: string): Error {
  return Object.assign(new Error(`connect ${code} 10.1.2.3:443 db.internal`), { code })
}

const cases: [Error, string, string][] = [
  [withCode('ECONNREFUSED'), 'remote_failed', 'connection refused'],
  [withCode('ECONNRESET'), 'remote_failed', 'connection closed'],
  [withCode('EPIPE'), 'remote_failed', 'connection closed'],
  [withCode('UND_ERR_SOCKET'), 'remote_failed', 'connection closed'],
  [withCode('ENOTFOUND'), 'remote_failed', 'name not found'],
  [withCode('EAI_AGAIN'), 'remote_failed', 'name not found'],
  [withCode('EHOSTUNREACH'), 'remote_failed', 'host unreachable'],
  [withCode('ENETUNREACH'), 'remote_failed', 'network unreachable'],
  [withCode('ETIMEDOUT'), 'remote_timeout', 'connect timeout'],
  [withCode('UND_ERR_CONNECT_TIMEOUT'), 'remote_timeout', 'connect timeout'],
  [withCode('CERT_HAS_EXPIRED'), 'remote_failed', 'TLS failure'],
  [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'remote_failed', 'TLS failure'],
  [withCode('SELF_SIGNED_CERT_IN_CHAIN'), 'remote_failed', 'TLS failure'],
  [withCode('EMFILE'), 'remote_failed', 'connection failed'],
  [new AssertionError({ message: 'at db.internal' }), 'remote_failed', 'connection failed'],
  [
    new AggregateError([withCode('ECONNREFUSED')], 'db.internal'),
    'remote_failed',
    'connection refused'
  ],
  [new AggregateError([], 'db.internal'), 'remote_failed', 'connection failed']
]

for (const [cause, code, message] of cases) {
  const { name } = cause
  test(`${name} ${'code' in cause ? cause.code : ''} is told as "${message}", without an address`, (t) => {
    t.like(remoteFailed(cause), { code, message, status: 500, cause })
  })
}
