/** config.yaml of the SuperTokens core: the JWT recipe and the JWK Set are converted. */
import { formatDuration } from '../../settings/units.ts'
import { CommandError } from '../command.ts'
import { findSetting, type Setting } from './setting.ts'
import type { Section, Source } from './source.ts'
import { given, type Imported, LOG_LEVELS, type System } from './system.ts'

const SESSIONS = 'there are no sessions here, only tokens that the JWT recipe makes'
const USERS = 'another service keeps the users'
const DATABASE = 'there is no database: keys are in the folder of `generate.dir`'
const OAUTH = 'there is no OAuth provider of the core here'

const SETTINGS: readonly Setting[] = [
  { name: 'port', here: '`listen.main.port`' },
  { name: 'host', here: '`listen.main.host`' },
  { name: 'base_path', here: 'the path of the route: `issue: /base/recipe/jwt`' },
  {
    name: 'api_keys',
    here: '`auth.apiKeys` of the route, which `import` replaces by `{ env: API_KEY_1 }` and so on; `auth: none` where there are none'
  },
  {
    name: 'access_token_dynamic_signing_key_update_interval',
    here: '`generate.rotateEvery` of the dynamic key'
  },
  {
    name: 'access_token_signing_key_update_interval',
    here: '`generate.rotateEvery` of the dynamic key'
  },
  { name: 'log_level', here: '`log.level`' },
  {
    name: 'access_token_signing_key_dynamic',
    missing: `${SESSIONS}; a client asks for the key with \`useStaticSigningKey\``
  },
  {
    name: 'access_token_validity*',
    missing: `${SESSIONS}; clients ask for a validity of at most the \`lifetime\` of the route`
  },
  { name: 'access_token_*', missing: SESSIONS },
  { name: 'refresh_token_*', missing: SESSIONS },
  { name: 'recent_token_reuse_behaviour', missing: SESSIONS },
  { name: 'password_*', missing: USERS },
  { name: 'email_verification_*', missing: USERS },
  { name: 'passwordless_*', missing: USERS },
  { name: 'totp_*', missing: USERS },
  { name: 'bcrypt_*', missing: USERS },
  { name: 'argon2_*', missing: USERS },
  { name: 'firebase_*', missing: USERS },
  { name: 'webauthn_*', missing: USERS },
  { name: 'bulk_migration_*', missing: USERS },
  { name: 'saml_*', missing: USERS },
  { name: 'oauth_*', missing: OAUTH },
  { name: 'postgresql_*', missing: DATABASE },
  { name: 'mysql_*', missing: DATABASE },
  { name: 'mongodb_*', missing: DATABASE },
  { name: 'info_log_path', missing: 'all logs go to standard output' },
  { name: 'error_log_path', missing: 'all logs go to standard output' },
  {
    name: 'max_server_pool_size',
    missing: 'there are no threads; `workers` is the number of processes'
  },
  {
    name: 'ip_*',
    missing: 'the route answers every address that can connect; put a firewall in front'
  },
  { name: 'supertokens_max_cdi_version', missing: 'all versions from 2.7 to 5.6 are answered' },
  { name: 'supertokens_min_cdi_version', missing: 'all versions from 2.7 to 5.6 are answered' },
  { name: 'supertokens_saas_*', missing: 'there is one app' },
  { name: 'disable_telemetry', missing: 'there is no telemetry' },
  { name: 'otel_*', missing: 'tracing is set by the environment variables `OTEL_*`' },
  { name: 'deadlock_logger_enable', missing: DATABASE },
  { name: 'core_config_version', missing: 'it is the version of the format of that file' }
]

const HOUR = 3_600_000

export const supertokens: System = { title: 'SuperTokens core', settings: SETTINGS, convert }

function convert({ root, remark }: Source): Imported {
  // Others have a port and a host, too, and without API keys the route is open.
  const isOwn = (name: string) =>
    name !== 'port' && name !== 'host' && findSetting(SETTINGS, name) !== undefined
  if (!root.names().some(isOwn)) {
    throw new CommandError('found no setting of SuperTokens other than port and host')
  }
  remark(
    'the keys of the core are in its database and stay there: tokens that it has signed do not verify by the JWK Set of this service'
  )
  const hours =
    root.number('access_token_dynamic_signing_key_update_interval') ??
    root.number('access_token_signing_key_update_interval') ??
    168
  const basePath = (root.text('base_path') ?? '').split('/').filter((name) => name !== '')
  const logLevel = LOG_LEVELS[(root.text('log_level') ?? '').toLowerCase()]
  return {
    config: given({
      listen: {
        main: { port: root.number('port') ?? 3567, host: root.text('host') ?? 'localhost' }
      },
      log: logLevel === undefined ? undefined : { level: logLevel },
      keys: [
        {
          kid: 'static',
          alg: 'RS256',
          generate: { dir: 'keys/static', kids: 's-{uuid}', rotateEvery: '36500d' }
        },
        {
          kid: 'dynamic',
          alg: 'RS256',
          generate: {
            dir: 'keys/dynamic',
            kids: 'd-{milliseconds}',
            rotateEvery: formatDuration(hours * HOUR),
            publishAhead: '60s'
          }
        }
      ],
      routes: [
        {
          issue: `/${[...basePath, 'recipe', 'jwt'].join('/')}`,
          protocol: 'supertokens',
          auth: readApiKeys(root),
          key: 'static',
          dynamicKey: 'dynamic',
          lifetime: '36500d'
        }
      ]
    }),
    comments: [
      [['keys', 0], 'Never replaced, for tokens that live as long as the service that made them.'],
      [['keys', 1], 'For tokens that ask for a key that rotates.'],
      [
        ['routes', 0, 'lifetime'],
        'What clients ask for by themselves. Rotated keys are kept for as long: set it to what your services need.'
      ]
    ]
  }
}

function readApiKeys(root: Section): unknown {
  const keys = (root.text('api_keys') ?? '').split(',').filter((key) => key.trim() !== '')
  if (keys.length === 0) {
    root.note(
      'api_keys',
      'has no key, so that everybody who reaches the route gets any claims signed'
    )
    return 'none'
  }
  const names = keys.map((_key, index) => `API_KEY_${index + 1}`)
  root.note(
    'api_keys',
    `are secrets and not written out: set the environment variables ${names.join(', ')} to them, in this order`
  )
  return { apiKeys: names.map((env) => ({ env })) }
}
