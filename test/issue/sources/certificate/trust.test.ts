import { Agent, request } from 'node:https'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { createAuthority, type TestCertificate } from '../../../helpers/certificates.ts'
import { send } from '../../../helpers/http.ts'
import { startService } from '../../../helpers/service.ts'

const HOUR_MS = 3_600_000
const before = (hours: number) => new Date(Date.now() - hours * HOUR_MS)
const EXPIRED = { notBefore: before(3), notAfter: before(2) }
const client = { name: 'device', use: 'client' } as const

const server = createAuthority('Server Root').issue()
const root = createAuthority('Device Root', { notBefore: before(9) })
/** Began after the expired certificates had expired. */
const renewed = root.issueAuthority('Renewed')
const intermediate = root.issueAuthority('Device Authority', { notBefore: before(9) })
const stranger = createAuthority('Stranger')
/** Has the name of the root, and its own key. */
const forger = createAuthority('Device Root')
const expiredRoot = createAuthority('Over Root', { notBefore: before(9), notAfter: before(1) })

const LEVELS = {
  none: 1,
  untrusted: 2,
  expiredUntrusted: 3,
  expiredTrusted: 4,
  trusted: 5,
  untrustedCertIssuerCN: 6
}

interface TrustOptions {
  readonly source?: object
  readonly clientCa?: string
  readonly clientCertificate?: string
  readonly now?: () => number
}

/** A service that shows the trust level of its client. */
async function startGrading(t: ExecutionContext, options: TrustOptions = {}): Promise<string> {
  const {
    source = { levels: LEVELS },
    clientCa = root.cert + expiredRoot.cert,
    clientCertificate = 'request',
    now
  } = options
  const { cert, key } = server
  const service = await startService(t, {
    config: JSON.stringify({
      listen: { main: { port: 0, tls: { cert, key, clientCa, clientCertificate } } },
      routes: [{ claims: '/claims', sources: [{ from: 'certificate', ...source }] }]
    }),
    ...(now !== undefined && { now })
  })
  return `${service.url}/claims`
}

function trusting(shown?: Partial<TestCertificate>): ConnectionOptions {
  return { rejectUnauthorized: false, ...shown }
}

async function trustOf(url: string, shown?: Partial<TestCertificate>): Promise<unknown> {
  const { status, text } = await send(url, { tls: trusting(shown) })
  return status === 200 ? (JSON.parse(text) as { trust: unknown }).trust : `${status} ${text}`
}

/** A certificate without those between it and its root. */
function bare({ cert, key }: TestCertificate): Partial<TestCertificate> {
  return { cert: cert.split(/(?<=-----END CERTIFICATE-----\n)/)[0] ?? '', key }
}

/** A certificate with others above it that have nothing to do with it. */
function below({ cert, key }: TestCertificate, ...above: string[]): Partial<TestCertificate> {
  return { cert: cert + above.join(''), key }
}

/** A certificate that claims to be issued by the root, and is not. */
function forge(options: object): TestCertificate {
  return forger.issue({ ...options, keyIdentifiers: false })
}

const trusted = root.issue(client)
const noAuthority = root.issueAuthority('Device', { isAuthority: false })
const short = root.issueAuthority('Short', { pathLength: 0 })
const deep = short.issueAuthority('Deep')
const narrow = root.issueAuthority('Narrow', { permittedDomain: 'example.com' })
const expired = root.issueAuthority('Over', { notBefore: before(9), notAfter: before(1) })
const longExpired = root.issueAuthority('Long over', { notBefore: before(9), notAfter: before(8) })
const alien = createAuthority('device')

const own = (options: object = {}) => ({ ...client, ...options })

const cases: readonly [what: string, shown: Partial<TestCertificate> | undefined, level: number][] =
  [
    ['no certificate', undefined, LEVELS.none],

    ['one of a trusted authority', trusted, LEVELS.trusted],
    ['one of an authority below', intermediate.issue(own()), LEVELS.trusted],
    ['one of an authority with narrow names', narrow.issue(own()), LEVELS.trusted],

    [
      'one of an authority below whose certificate is not sent',
      bare(intermediate.issue(own())),
      LEVELS.untrusted
    ],
    ['a self-signed one', createAuthority('device'), LEVELS.untrusted],
    ['one of another authority', stranger.issue(own()), LEVELS.untrusted],
    [
      'one with an unknown critical extension',
      root.issue(own({ unknownRule: 'critical' })),
      LEVELS.untrusted
    ],
    ['one that is not valid yet', root.issue(own({ notBefore: before(-0.5) })), LEVELS.untrusted],
    ['one for servers', root.issue(), LEVELS.untrusted],
    ['one of an expired authority below', expired.issue(own()), LEVELS.untrusted],
    ['one of an expired root', expiredRoot.issue(own()), LEVELS.untrusted],
    ['one with the name of a trusted issuer', forge(own()), LEVELS.untrusted],
    [
      'one issued by a client, which is not an authority',
      noAuthority.issue(own()),
      LEVELS.untrusted
    ],
    ['one deeper than its authority may go', deep.issue(own()), LEVELS.untrusted],
    ['a self-signed one below a trusted one', below(alien, trusted.cert), LEVELS.untrusted],
    ['a self-signed one below the root', below(alien, root.cert), LEVELS.untrusted],

    ['an expired one', root.issue(own(EXPIRED)), LEVELS.expiredTrusted],
    [
      'an expired one of an authority below',
      intermediate.issue(own(EXPIRED)),
      LEVELS.expiredTrusted
    ],
    ['one that expired before its authority', expired.issue(own(EXPIRED)), LEVELS.expiredTrusted],
    ['one that expired before its root', expiredRoot.issue(own(EXPIRED)), LEVELS.expiredTrusted],
    ['an expired one of a renewed authority', renewed.issue(own(EXPIRED)), LEVELS.expiredTrusted],
    [
      'an expired one with an unknown extension that is not critical',
      root.issue(own({ ...EXPIRED, unknownRule: 'optional' })),
      LEVELS.expiredTrusted
    ],
    ['an expired one at the greatest depth', short.issue(own(EXPIRED)), LEVELS.expiredTrusted],

    ['an expired one of another authority', stranger.issue(own(EXPIRED)), LEVELS.expiredUntrusted],
    ['an expired self-signed one', createAuthority('device', EXPIRED), LEVELS.expiredUntrusted],
    ['an expired one for servers', root.issue(EXPIRED), LEVELS.expiredUntrusted],
    [
      'an expired one whose authority expired before it began',
      longExpired.issue(own(EXPIRED)),
      LEVELS.expiredUntrusted
    ],
    [
      'an expired one with the name of a trusted issuer',
      forge(own(EXPIRED)),
      LEVELS.expiredUntrusted
    ],
    ['an expired one issued by a client', noAuthority.issue(own(EXPIRED)), LEVELS.expiredUntrusted],
    ['an expired one that is too deep', deep.issue(own(EXPIRED)), LEVELS.expiredUntrusted],
    [
      'an expired one with an unknown critical extension',
      root.issue(own({ ...EXPIRED, unknownRule: 'critical' })),
      LEVELS.expiredUntrusted
    ],
    [
      'an expired one of an authority with narrow names',
      narrow.issue(own(EXPIRED)),
      LEVELS.expiredUntrusted
    ],
    [
      'an expired one below a trusted one',
      below(stranger.issue(own(EXPIRED)), trusted.cert + root.cert),
      LEVELS.expiredUntrusted
    ]
  ]

for (const [what, shown, level] of cases) {
  test(`a client that shows ${what} gets the level ${nameOf(level)}`, async (t) => {
    t.is(await trustOf(await startGrading(t), shown), level)
  })
}

function nameOf(level: number): string {
  return Object.entries(LEVELS).find(([, value]) => value === level)?.[0] ?? ''
}

test('the default levels of the source are the levels of Themis', async (t) => {
  const url = await startGrading(t, { source: {} })
  t.is(await trustOf(url), 0)
  t.is(await trustOf(url, createAuthority('device')), 0)
  t.is(await trustOf(url, createAuthority('device', EXPIRED)), 0)
  t.is(await trustOf(url, root.issue(own(EXPIRED))), 500)
  t.is(await trustOf(url, trusted), 1000)
  const distrusting = await startGrading(t, { source: { untrustedIssuers: ['Device Root'] } })
  t.is(await trustOf(distrusting, trusted), 0)
})

test('an untrusted issuer is found by its common name, anywhere in the chain', async (t) => {
  const source = { levels: LEVELS, untrustedIssuers: ['Dev* Auth*', 'Over Root'] }
  const url = await startGrading(t, { source })
  const lower = intermediate.issueAuthority('Lower')
  t.is(await trustOf(url, intermediate.issue(own())), LEVELS.untrustedCertIssuerCN)
  t.is(await trustOf(url, intermediate.issue(own(EXPIRED))), LEVELS.untrustedCertIssuerCN)
  t.is(await trustOf(url, lower.issue(own())), LEVELS.untrustedCertIssuerCN)
  t.is(await trustOf(url, expiredRoot.issue(own(EXPIRED))), LEVELS.untrustedCertIssuerCN)
  t.is(await trustOf(url, trusted), LEVELS.trusted)
  t.is(await trustOf(url, root.issue(own(EXPIRED))), LEVELS.expiredTrusted)
  // An intermediate authority that not every client sends is known from `clientCa`.
  const fine = root.issueAuthority('Fine')
  const clientCa = root.cert + fine.cert
  const knowing = await startGrading(t, { source, clientCa })
  t.is(await trustOf(knowing, fine.issue(own())), LEVELS.trusted)
  // The name alone does not raise the level.
  const namesake = createAuthority('Device Authority')
  t.is(await trustOf(url, namesake.issue(own())), LEVELS.untrusted)
})

test('a connection is graded once, and its certificate may expire while it is open', async (t) => {
  let time = Date.now()
  const url = await startGrading(t, { now: () => time })
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ...trusting(trusted) })
  t.teardown(() => agent.destroy())
  const ask = () =>
    new Promise<string>((resolve, reject) => {
      request(url, { agent }, async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve(text)
      })
        .on('error', reject)
        .end()
    })
  t.is(await ask(), '{"trust":5}')
  t.is(await ask(), '{"trust":5}')
  time += 2 * HOUR_MS
  t.is(await ask(), '{"trust":4}')
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  test(`a session of ${version} is not resumed where clients are asked for certificates`, async (t) => {
    for (const clientCertificate of ['request', 'require']) {
      const url = await startGrading(t, { clientCertificate })
      const shown = clientCertificate === 'request' ? {} : trusted
      const options = { minVersion: version, maxVersion: version, rejectUnauthorized: false }
      const first = await ask({ ...options, ...shown })
      t.is(first.trust, clientCertificate === 'request' ? LEVELS.none : LEVELS.trusted)
      // A resumed session has no certificate, and in TLS 1.3 Node.js counts that as authorized.
      const second = await ask({ ...options, session: first.session })
      t.not(second.isReused, true)
      t.is(second.trust, clientCertificate === 'request' ? LEVELS.none : undefined)

      async function ask(settings: ConnectionOptions) {
        const socket = connect({ ...settings, port: Number(new URL(url).port) })
        return talk(socket)
      }
    }
  })
}

/** Requests the trust level on a connection, and keeps the ticket to resume its session. */
async function talk(socket: TLSSocket) {
  let session: Buffer | undefined
  let text = ''
  socket.on('session', (given) => {
    session = given
  })
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => {})
  let isReused: boolean | undefined
  socket.once('secureConnect', () => {
    isReused = socket.isSessionReused()
  })
  socket.write('GET /claims HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await new Promise((resolve) => socket.once('close', resolve))
  const trust = /"trust":(\d+)/.exec(text)?.[1]
  return {
    session,
    isReused,
    trust: trust === undefined ? undefined : Number(trust)
  }
}
