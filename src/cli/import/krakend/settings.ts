/** The settings of krakend.json, and their equivalents here. */
import type { Setting } from '../setting.ts'

export const GATEWAY =
  'the gateway keeps this setting; this service is behind a gateway or beside it'
const DECRYPT = 'decrypt the file first'

/** The settings that signer and validator share. */
function keySettings(name: string): Setting[] {
  return [
    { name: `${name}.alg`, here: '`alg` of the key, or `algorithms` of the verifier' },
    { name: `${name}.jwk_url`, here: '`jwksUrl` of the key, or `jwks` of the verifier' },
    { name: `${name}.jwk_local_path`, here: '`jwks: { file: ... }` of the key' },
    {
      name: `${name}.disable_jwk_security`,
      here: '`allowHttp: true`, which allows plain http:// and nothing else: TLS is always verified'
    },
    { name: `${name}.jwk_fingerprints`, here: '`tls.pins`' },
    { name: `${name}.jwk_local_ca`, here: '`tls.ca`' },
    { name: `${name}.cipher_suites`, here: '`tls.ciphers`, by their OpenSSL names' },
    { name: `${name}.secret_url`, missing: DECRYPT },
    { name: `${name}.cypher_key`, missing: DECRYPT }
  ]
}

export const KRAKEND_SETTINGS: readonly Setting[] = [
  { name: 'port', here: '`listen.main.port`' },
  { name: 'listen_ip', here: '`listen.main.host`' },
  { name: 'tls.public_key', here: '`listen.main.tls.cert`' },
  { name: 'tls.private_key', here: '`listen.main.tls.key`' },
  { name: 'timeout', here: '`timeout` of the remote, where the endpoint has none' },
  { name: 'host', here: '`url` of the remote, where the backend has no host' },
  { name: 'endpoints[].endpoint', here: '`issue` of the route' },
  { name: 'endpoints[].method', here: '`issue` routes answer POST; `method` of the remote' },
  { name: 'endpoints[].timeout', here: '`timeout` of the remote' },
  { name: 'endpoints[].input_headers', here: '`forward` of the remote' },
  {
    name: 'endpoints[].input_query_strings',
    missing: 'query parameters are not passed on; `{name}` in `url`, with `metadata`, sends one'
  },
  { name: 'endpoints[].output_encoding', missing: 'the answer is the JSON of the remote' },
  { name: 'endpoints[].backend[].host', here: '`url` of the remote' },
  { name: 'endpoints[].backend[].url_pattern', here: '`url` of the remote' },
  { name: 'endpoints[].backend[].method', here: '`method` of the remote' },
  { name: 'endpoints[].backend[].encoding', here: 'the remote has to answer JSON' },
  { name: 'endpoints[].backend[].*', missing: 'the reply is signed unchanged' },
  ...keySettings('auth/signer'),
  { name: 'auth/signer.kid', here: '`kid` of the key, and `key` of the route' },
  {
    name: 'auth/signer.keys_to_sign',
    here: '`sign`, where paths may lead into objects and arrays: `user.access_token`'
  },
  { name: 'auth/signer.full', here: '`full`' },
  { name: 'auth/signer.typ', here: '`typ` of the route' },
  ...keySettings('auth/validator'),
  { name: 'auth/validator.issuer', here: '`issuer` of the verifier, or `require.issuer`' },
  {
    name: 'auth/validator.audience',
    here: '`require.audience`, and `require.claims` for a second one'
  },
  {
    name: 'auth/validator.roles',
    here: '`require.groups` with `groups: [{ from: token, claim: ... }]`, where letter case is ignored'
  },
  { name: 'auth/validator.roles_key', here: '`claim` of `groups`' },
  {
    name: 'auth/validator.roles_key_is_nested',
    here: 'a dot in `claim` leads into an object; write a backslash before a dot that is part of a name'
  },
  { name: 'auth/validator.scopes', here: '`require.scopes`' },
  { name: 'auth/validator.scopes_key', here: 'scopes are read from `scope` and `scp`' },
  {
    name: 'auth/validator.scopes_matcher',
    here: '`require.scopes`: `{ any: [...] }` or `{ all: [...] }`'
  },
  { name: 'auth/validator.auth_header_name', here: '`token: [header:NAME]`' },
  { name: 'auth/validator.cookie_key', here: '`token: [cookie:NAME]`' },
  { name: 'auth/validator.propagate_claims', here: '`headers` of the route' },
  { name: 'auth/validator.cache_duration', here: '`refresh` of the key or verifier' },
  {
    name: 'auth/validator.cache',
    here: 'a JWK Set is always cached, for as long as its HTTP headers allow and at most for `refresh`'
  },
  { name: 'auth/validator.failed_jwk_key_cooldown', here: '`cooldown` of the key or verifier' },
  { name: 'auth/validator.leeway', here: '`skew` of the route' },
  { name: 'auth/validator.key_identify_strategy', here: 'a key is found by its `kid`' },
  {
    name: 'auth/validator.operation_debug',
    missing: 'the log has the reason of each rejected token'
  },
  {
    name: 'auth/validator.propagate_claims_preserve_array',
    missing: 'a header has the items of a list with commas between them'
  },
  { name: 'endpoints[].*', missing: GATEWAY },
  {
    name: 'auth/revoker.*',
    missing:
      'write `revocation` and a route that revokes by hand (docs/revocation.md): the revoker of the gateway does not see tokens that this service checks'
  },
  { name: 'extra_config.*', missing: GATEWAY },
  { name: 'cache_ttl', missing: 'no answer with a token is cached' },
  { name: 'output_encoding', missing: 'the answer is the JSON of the remote' },
  { name: 'tls.*', missing: 'TLS is 1.2 at least, with the cipher suites of Node.js' },
  { name: 'client_tls.*', missing: 'write `tls` of the remote by hand' },
  { name: 'debug_endpoint', missing: GATEWAY },
  { name: 'echo_endpoint', missing: GATEWAY },
  { name: 'plugin.*', missing: GATEWAY },
  { name: 'sequential_start', missing: GATEWAY },
  { name: 'name', missing: 'a service has no name here' },
  { name: 'version', missing: 'it is the version of the format of that file' },
  { name: '$schema', missing: 'config.schema.json is the schema of configurations here' }
]
