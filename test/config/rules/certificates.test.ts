import test from 'ava'
import { IDENTITY_CLAIMS, RESERVED_CLAIMS } from '../../../src/issue/claims.ts'
import { createAuthority } from '../../helpers/certificates.ts'
import { parse, problemsOf } from '../../helpers/config.ts'

const authority = createAuthority()
const { cert, key } = authority.issue()
const KEYS = [{ kid: 'k', alg: 'HS256', secret: 'a secret of thirty-two characters or more' }]
const SOURCES = [{ from: 'fixed', set: { a: 1 } }, { from: 'certificate' }]
const asking = { tls: { cert, key, clientCa: authority.cert, clientCertificate: 'request' } }

function problemOf(listener: string): string {
  return `the listener ${listener} asks no client for a certificate, expected tls with clientCertificate: request or require`
}

test('certificates are graded where clients are asked for them', (t) => {
  const issue = { issue: '/issue', claims: SOURCES, on: 'mutual' }
  const claims = { claims: '/claims', on: 'mutual' }
  const listen = { mutual: { port: 0, ...asking } }
  t.notThrows(() => parse({ listen, keys: KEYS, routes: [issue, claims] }))
})

test('a grade cannot be in a claim that the signer sets, or in one of identity', (t) => {
  const withClaim = (claim: string) => ({
    listen: { main: asking },
    routes: [{ claims: '/claims', sources: [{ from: 'certificate', claim }] }]
  })
  for (const claim of RESERVED_CLAIMS) {
    t.deepEqual(problemsOf(t, withClaim(claim)), [
      'routes[0].sources[0].claim: this claim is set by the service itself, expected another name'
    ])
  }
  for (const claim of IDENTITY_CLAIMS) {
    t.deepEqual(problemsOf(t, withClaim(claim)), [
      'routes[0].sources[0].claim: only `fixed` and `pick` set this claim, expected another name'
    ])
  }
})

test('a listener without TLS, or one that asks for no certificates, has none to grade', (t) => {
  const routes = [{ claims: '/claims', sources: SOURCES }]
  t.deepEqual(problemsOf(t, { routes }), [`routes[0].sources[1].from: ${problemOf('main')}`])
  t.deepEqual(problemsOf(t, { listen: { main: { tls: { cert, key } } }, routes }), [
    `routes[0].sources[1].from: ${problemOf('main')}`
  ])
})

test('a claims route that shows the sources of an issue route needs such a listener too', (t) => {
  const listen = { main: asking, plain: { port: 0 } }
  const issue = { issue: '/issue', claims: SOURCES }
  for (const claims of [{ claims: '/claims' }, { claims: '/claims', of: '/issue' }]) {
    t.deepEqual(
      problemsOf(t, { listen, keys: KEYS, routes: [issue, { ...claims, on: 'plain' }] }),
      [`routes[0].claims[1].from: ${problemOf('plain')}`]
    )
  }
  const other = { claims: '/claims', on: 'plain', sources: SOURCES.slice(0, 1) }
  t.notThrows(() => parse({ listen, keys: KEYS, routes: [issue, other] }))
})
