/** The settings of themis.yaml, and their equivalents here. */
import type { Setting } from '../setting.ts'

const ALL = '`timeouts` are for all listeners; set them there'
const TLS = 'TLS is 1.2 at least, with the cipher suites of Node.js'
const TRACING = 'tracing is set by the environment variables `OTEL_*`'
const LOGS = 'logs are lines of JSON on standard output'

/** Of each server. */
const SERVER_SETTINGS: readonly Setting[] = [
  { name: 'servers.*.address', here: '`port` and `host` of the listener of the same name' },
  { name: 'servers.*.header', here: '`responseHeaders` of the listener' },
  {
    name: 'servers.*.maxConcurrentRequests',
    here: '`limits.requests` of the routes /issue and /claims'
  },
  { name: 'servers.*.tls.certificateFile', here: '`tls.cert` of the listener' },
  { name: 'servers.*.tls.keyFile', here: '`tls.key` of the listener' },
  { name: 'servers.*.tls.mtls.clientCACertificateFile', here: '`tls.clientCa` of the listener' },
  {
    name: 'servers.*.tls.mtls.disableRequire',
    here: '`tls.clientCertificate`: `request`, else `require`'
  },
  {
    name: 'servers.*.tls.mtls.disableVerify',
    here: '`tls.clientCertificate: request`; a `certificate` source makes a claim of the trust level'
  },
  {
    name: 'servers.*.tls.clientCACertificateFile',
    here: '`tls.clientCa` of the listener, and `tls.clientCertificate: require`'
  },
  {
    name: 'servers.*.tls.peerVerify.*',
    missing:
      'every certificate of an authority in `tls.clientCa` is accepted: give these clients an authority of their own'
  },
  { name: 'servers.*.tls.*', missing: TLS },
  {
    name: 'servers.*.disableHTTPKeepAlives',
    missing: 'connections stay open; `timeouts.keepAlive` closes idle ones'
  },
  { name: 'servers.*.idleTimeout', missing: ALL },
  { name: 'servers.*.readHeaderTimeout', missing: ALL },
  { name: 'servers.*.readTimeout', missing: ALL },
  { name: 'servers.*.writeTimeout', missing: ALL },
  { name: 'servers.pprof.*', missing: 'there is no profile of Go; see docs/performance.md' }
]

/** Rows shared by claims and by the metadata of the remote. */
function valueSettings(name: string, here: string): Setting[] {
  return [
    { name: `${name}[].key`, here },
    { name: `${name}[].header`, here: '`header`' },
    { name: `${name}[].parameter`, here: '`parameter`' },
    { name: `${name}[].variable`, here: '`variable`; the path of the route has to have it' },
    { name: `${name}[].value`, here: '`set` of a `fixed` source, or `value` of `metadata`' },
    { name: `${name}[].json`, here: '`set` of a `fixed` source, or `value` of `metadata`' }
  ]
}

export const THEMIS_SETTINGS: readonly Setting[] = [
  ...SERVER_SETTINGS,
  { name: 'token.alg', here: '`alg` of the key' },
  { name: 'token.key.kid', here: '`kid` of the key; of generated keys, a thumbprint' },
  { name: 'token.key.type', here: '`alg` of the key' },
  { name: 'token.key.file', here: '`private: { file: ... }`, or `secret: { file: ... }`' },
  {
    name: 'token.key.bits',
    missing: 'generated RSA keys have 2048 bits; a key from a file has its own size'
  },
  { name: 'token.nonce', here: '`jti`' },
  { name: 'token.duration', here: '`lifetime`' },
  { name: 'token.notBeforeDelta', here: '`notBefore`' },
  { name: 'token.disableNotBefore', here: '`notBefore` left out' },
  {
    name: 'token.disableTime',
    missing: 'every token has iat and exp: without them, a token is valid until its key changes'
  },
  ...valueSettings('token.claims', '`claim` of a `request` source, or `set` of a `fixed` one'),
  {
    name: 'token.partnerID.claim',
    here: '`claim` of a `request` source with `take: first-of-list`'
  },
  { name: 'token.partnerID.header', here: '`header` of it' },
  { name: 'token.partnerID.parameter', here: '`parameter` of it' },
  { name: 'token.partnerID.default', here: '`default` of it' },
  { name: 'token.partnerID.metadata', here: 'an item of `metadata` of the remote' },
  { name: 'token.partnerID.pathWildCard', here: 'an item of `metadata` of the remote' },
  { name: 'token.partnerID.queryParameter', here: 'an item of `metadata` of the remote' },
  { name: 'token.remote.url', here: '`url` of a `remote` source' },
  { name: 'token.remote.method', here: '`method` of it' },
  ...valueSettings('token.metadata', '`name` of an item of `metadata` of the remote'),
  ...valueSettings('token.pathWildCards', '`name` of an item of `metadata`, and `{name}` in `url`'),
  ...valueSettings(
    'token.queryParameters',
    '`name` of an item of `metadata`, and `{name}` in `url`'
  ),
  {
    name: 'token.clientCertificates.rootCAFile',
    here: '`tls.clientCa` of the listener'
  },
  {
    name: 'token.clientCertificates.intermediatesFile',
    missing: 'put these certificates into the file of `tls.clientCa`, after the roots'
  },
  ...[
    'noCertificates',
    'expiredUntrusted',
    'expiredTrusted',
    'untrusted',
    'trusted',
    'untrustedCertIssuerCN'
  ].map((name) => ({
    name: `token.clientCertificates.trust.${name}`,
    here: `\`levels.${name === 'noCertificates' ? 'none' : name}\` of a \`certificate\` source`
  })),
  {
    name: 'token.clientCertificates.untrustedCertChecks[].issuerCNRegex',
    here: '`untrustedIssuers` of a `certificate` source, where `*` is any text'
  },
  { name: 'client.httpClient.timeout', here: '`timeout` of the remote' },
  {
    name: 'client.httpClient.tls.certificates[].certificateFile',
    here: '`tls.cert` of the remote'
  },
  { name: 'client.httpClient.tls.certificates[].keyFile', here: '`tls.key` of the remote' },
  { name: 'client.httpClient.tls.*', missing: TLS },
  { name: 'client.*', missing: 'a remote has no such setting' },
  { name: 'log.level', here: '`log.level`' },
  { name: 'log.*', missing: LOGS },
  { name: 'health.*', missing: 'the health route answers whether the service takes new work' },
  { name: 'prometheus.*', missing: 'the metrics have names of their own: docs/monitoring.md' },
  { name: 'tracing.*', missing: TRACING }
]
