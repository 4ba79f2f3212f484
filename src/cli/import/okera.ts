/** The settings of an Okera cluster that are about JSON Web Tokens: YAML, or lines of a shell. */
import { basename } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { CommandError } from '../command.ts'
import type { Setting } from './setting.ts'
import { isShell, parseShell } from './shell.ts'
import type { Section, Source } from './source.ts'
import { given, type Imported, type System, urlWithoutUser } from './system.ts'

const DIRECTORY = 'write a source of `groups` of the route, `from: ldap`, by hand'
const CLUSTER = 'the cluster keeps this setting; nothing here depends on it'

const SETTINGS: readonly Setting[] = [
  { name: 'JWT_PUBLIC_KEY', here: 'a key with `public: { file: ... }` for each' },
  { name: 'JWT_ALGORITHM', here: '`alg` of each key; `RSA256` and `RSA512` are names here too' },
  {
    name: 'JWT_AUTHENTICATION_SERVER_URL',
    here: 'a verifier `endpoint`, before the keys; then set it in the cluster to the URL of this service'
  },
  {
    name: 'ENABLE_JWT',
    here: 'nothing; without a key and an endpoint, `import` adds the key that `txtoken tokens init` makes in `.auth`'
  },
  {
    name: 'SYSTEM_TOKEN',
    missing:
      'the cluster sends this token, and a key verifies it like any other; `txtoken tokens init` makes a new one'
  },
  {
    name: 'JWT_PRIVATE_KEY',
    missing:
      'a check signs nothing; `txtoken tokens create` signs with this file if it is `.auth/id_rsa`'
  },
  {
    name: 'JWT_USER_CLAIM_KEY',
    missing: 'the user is the claim `sub`; the cluster rejects tokens that have it elsewhere'
  },
  {
    name: 'SSO_URL',
    missing:
      'users get their tokens from that URL; an issue route can be put in front of a login API'
  },
  { name: 'LDAP_*', missing: DIRECTORY },
  { name: 'GROUP_*', missing: 'write the sources of `groups` of the route by hand' },
  { name: 'KERBEROS_*', missing: CLUSTER },
  { name: 'OAUTH_*', missing: CLUSTER },
  { name: 'SAML_*', missing: CLUSTER },
  { name: 'SSL_*', missing: 'certificates of this service are `listen.main.tls`' }
]

const PREFIX = /^(?:CEREBRO|OKERA)_/

export const okera: System = {
  title: 'Okera',
  settings: SETTINGS,
  parse,
  toName: (key) => (key.split('.').at(-1) ?? key).replace(PREFIX, ''),
  convert
}

/** Maps in maps become one map, since the same settings are at different depths in different versions. */
function parse(text: string): unknown {
  if (isShell(text)) return parseShell(text)
  try {
    return flatten(parseYaml(text, { prettyErrors: false, logLevel: 'silent' }))
  } catch {
    throw new CommandError('expected YAML, or lines such as JWT_ALGORITHM=RSA512')
  }
}

function flatten(value: unknown, prefix = ''): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.assign(
    {},
    ...Object.entries(value).map(([key, member]) =>
      typeof member === 'object' && member !== null && !Array.isArray(member)
        ? flatten(member, `${prefix}${key}.`)
        : { [`${prefix}${key}`]: member }
    )
  )
}

function convert({ root }: Source): Imported {
  const isEnabled = root.flag('ENABLE_JWT')
  if (isEnabled === false) root.note('ENABLE_JWT', 'is false; here tokens are checked all the same')
  const endpoint = urlWithoutUser(root, 'JWT_AUTHENTICATION_SERVER_URL')
  const keys = readKeys(root)
  if (keys.length === 0 && isEnabled === true && endpoint === undefined) {
    keys.push({ alg: 'RS512', public: { file: '.auth/id_rsa.pub' }, publish: false })
  }
  if (endpoint === undefined && keys.length === 0) {
    throw new CommandError(
      'found neither JWT_PUBLIC_KEY nor JWT_AUTHENTICATION_SERVER_URL, so that there is nothing to verify tokens by'
    )
  }
  const isPlain = endpoint?.startsWith('http:') === true
  if (isPlain) {
    root.note(
      'JWT_AUTHENTICATION_SERVER_URL',
      'is plain http://, which takes allowHttp: tokens are readable on the way'
    )
  }
  const asked = { endpoint, allowHttp: isPlain ? true : undefined }
  return {
    config: given({
      listen: { main: { port: 8888 } },
      keys: keys.length === 0 ? undefined : keys,
      routes: [
        given({
          check: '/validate',
          protocol: 'okera',
          verify: [
            ...(endpoint === undefined ? [] : [given(asked)]),
            ...(keys.length === 0 ? [] : [{ keys: 'all' }])
          ],
          onRefusal: endpoint !== undefined && keys.length > 0 ? 'next' : undefined,
          groups: [{ from: 'token' }]
        })
      ]
    }),
    comments: [
      [
        ['routes', 0],
        'The cluster asks here: JWT_AUTHENTICATION_SERVER_URL: http://<this service>:8888/validate'
      ],
      [['routes', 0, 'groups'], 'Then those of a directory or an endpoint: docs/groups.md.']
    ]
  }
}

function readKeys(root: Section) {
  const split = (name: string) =>
    (root.text(name) ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  const files = split('JWT_PUBLIC_KEY')
  const algorithms = split('JWT_ALGORITHM')
  if (algorithms.length > 0 && algorithms.length !== files.length) {
    root.note('JWT_ALGORITHM', 'has not as many names as there are keys; RSA512 is put in')
  }
  return files.map((file, index) => ({
    alg: algorithms[index] ?? 'RSA512',
    public: { file: toPath(root, file) },
    // Verifiers that trust the JWK Set of this service would accept the tokens of others as its own.
    publish: false
  }))
}

function toPath(root: Section, file: string): string {
  const [, scheme, path] = /^([a-z][a-z0-9]*):\/\/(.*)$/i.exec(file) ?? []
  if (scheme === undefined) return file
  if (scheme === 'file') return path ?? ''
  root.note('JWT_PUBLIC_KEY', `has a file behind ${scheme}://: copy it into the folder keys`)
  return `keys/${basename(file)}`
}
