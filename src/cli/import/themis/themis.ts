/** themis.yaml of xmidt-org/themis. */
import { CommandError } from '../../command.ts'
import type { Section, Source } from '../source.ts'
import { given, goDuration, type Imported, LOG_LEVELS, type System } from '../system.ts'
import { readSources, toUntrusting } from './claims.ts'
import { LISTENERS, readListener } from './listeners.ts'
import { THEMIS_SETTINGS } from './settings.ts'

export const themis: System = {
  title: 'Themis',
  settings: THEMIS_SETTINGS,
  // Its configuration reader ignores case.
  toName: (key) => key.toLowerCase(),
  toSettingName: (path) =>
    path
      .replace(/^servers\.(?:key|issuer|claims|metrics|health)\./, 'servers.*.')
      .replace(/^(token\.(?:claims|metadata|pathwildcards|queryparameters))\.[^.]+\./, '$1[].'),
  convert
}

function convert({ root, remark }: Source): Imported {
  const token = root.section('token')
  const servers = root.section('servers')
  const clientCa = token.section('clientCertificates').text('rootCAFile')
  const listen = Object.fromEntries(
    Object.entries(LISTENERS).flatMap(([there, here]) =>
      servers.has(there) ? [[here, readListener(servers.section(there), clientCa)]] : []
    )
  )
  for (const name of ['key', 'metrics', 'health']) {
    const server = servers.section(name)
    if (server.has('maxConcurrentRequests')) {
      server.note(
        'maxConcurrentRequests',
        'has no equal: only /issue and /claims have such a limit'
      )
    }
  }
  const hasIssuer = servers.has('issuer')
  const hasClaims = servers.has('claims')
  if (!hasIssuer && !hasClaims) {
    throw new CommandError(
      'found neither servers.issuer nor servers.claims, so that there is no route'
    )
  }
  const main = listen[hasIssuer ? 'issuer' : 'claims']
  const sources = readSources(
    token,
    root.section('client').section('httpClient'),
    main?.tls?.clientCertificate !== undefined
  )
  const level = LOG_LEVELS[(root.section('log').text('level') ?? '').toLowerCase()]
  const hasOperations = servers.has('metrics') || servers.has('health')
  if (!hasOperations)
    remark('health and metrics have a listener of their own, admin, on 127.0.0.1:9090')
  const key = hasIssuer ? readKey(token) : undefined
  return {
    config: given({
      listen: hasOperations ? listen : { ...listen, admin: { port: 9090, host: '127.0.0.1' } },
      log: level === undefined ? undefined : { level },
      keys: key === undefined ? undefined : [key],
      routes: [
        ...(hasIssuer && servers.has('key') ? [{ keys: '/keys', on: 'keys' }] : []),
        ...(hasIssuer ? [readIssueRoute(token, servers.section('issuer'), sources)] : []),
        ...(hasClaims
          ? [
              given({
                claims: '/claims',
                on: 'claims',
                sources: readOwnSources(),
                limits: readLimits(servers.section('claims'))
              })
            ]
          : []),
        ...(servers.has('metrics') ? [{ metrics: '/metrics', on: 'metrics' }] : []),
        ...(servers.has('health') ? [{ health: '/health', on: 'health' }] : [])
      ]
    }),
    comments: key === undefined ? [] : [[['keys', 0], describeKey(key)]]
  }

  /** A claims route shows the claims of tokens, unless its clients have no certificate. */
  function readOwnSources(): readonly object[] | undefined {
    if (!hasIssuer) return sources
    const isShown = sources.some(({ from }) => from === 'certificate')
    if (!isShown || listen.claims?.tls?.clientCertificate !== undefined) return undefined
    servers
      .section('claims')
      .note('tls', 'asks for no certificates: its trust is always that of none')
    return sources.map((source) => (source.from === 'certificate' ? toUntrusting(source) : source))
  }
}

function readIssueRoute(token: Section, issuer: Section, claims: readonly object[]) {
  const isTimeless = token.flag('disableTime') === true
  if (isTimeless) {
    token.note(
      'disableTime',
      'has no equal: every token has iat and exp. One that never expires is valid until its key changes'
    )
  }
  const delta = goDuration(token, 'notBeforeDelta')
  const hasNotBefore = token.flag('disableNotBefore') !== true && !isTimeless
  return given({
    issue: '/issue',
    on: 'issuer',
    protocol: 'themis',
    limits: readLimits(issuer),
    lifetime: goDuration(token, 'duration') ?? '24h',
    notBefore: hasNotBefore ? (delta ?? '0s') : undefined,
    jti: token.flag('nonce') === true ? true : undefined,
    claims
  })
}

function readLimits(server: Section) {
  const requests = server.number('maxConcurrentRequests')
  return requests === undefined || requests === 0 ? undefined : { requests }
}

function readKey(token: Section): Readonly<Record<string, unknown>> {
  const key = token.section('key')
  const alg = token.text('alg') ?? 'RS256'
  const [kid, file] = [key.text('kid'), key.text('file')]
  const isSecret = key.text('type') === 'secret' || alg.startsWith('HS')
  if (isSecret) {
    key.note(
      'type',
      'is a secret, which Themis publishes and this program does not: who verifies needs it by other means'
    )
    if (file === undefined) {
      key.note(
        'kid',
        'is of a generated secret; set the environment variable THEMIS_KEY to a new one'
      )
    }
    return given({ kid, alg, secret: file === undefined ? { env: 'THEMIS_KEY' } : { file } })
  }
  if (file !== undefined) return given({ kid, alg, private: { file } })
  if (kid !== undefined) {
    key.note(
      'kid',
      'is of a generated key: here the kid of one is its thumbprint, and a new key takes over each week'
    )
  }
  return { alg, generate: { dir: 'themis-keys', rotateEvery: '168h' } }
}

function describeKey(key: Readonly<Record<string, unknown>>): string {
  return key.generate === undefined
    ? 'The key of before, so that tokens that are out stay valid.'
    : 'Made at the first start, in a folder beside this file.'
}
