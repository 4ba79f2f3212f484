/** `token verify`: checks a token as the service does, with a given key, or as a route of a configuration does. */
import { createCheck } from '../../check/check.ts'
import { createTimeRequirement, isNoServiceBearer } from '../../check/requirements.ts'
import { createKeysVerifier } from '../../check/verifiers/keys-verifier.ts'
import { ServiceError } from '../../errors.ts'
import { ALGORITHM_NAMES, isSymmetric } from '../../keys/algorithms.ts'
import { ALGORITHMS, type Algorithm, type Key } from '../../keys/key.ts'
import { KeyError } from '../../keys/key-error.ts'
import type { KeySource } from '../../keys/key-source.ts'
import { createFixedKeySource } from '../../keys/key-source.ts'
import { createKeyStore } from '../../keys/key-store.ts'
import { createKey } from '../../keys/kinds/create-key.ts'
import { parseJwks } from '../../keys/material/jwk.ts'
import {
  parseSecret,
  SECRET_ENCODINGS,
  type SecretEncoding
} from '../../keys/material/key-material.ts'
import { createRemoteKeySource } from '../../keys/remote/remote-key-source.ts'
import { selectKeys } from '../../keys/remote/select-keys.ts'
import { isJson } from '../../settings/clean-text.ts'
import { unwrapKeyText } from '../../settings/key-text.ts'
import { isAllowed } from '../../settings/urls.ts'
import {
  type CommandContext,
  CommandError,
  configFileOf,
  createCommand,
  type Environment,
  UsageError
} from '../command.ts'
import { readNamedFile } from '../files.ts'
import { readKeys } from '../keys/read-keys.ts'
import { parseAlgorithmOption, readSecretOption } from '../options.ts'
import { INPUT_ADVICE, readToken, toJson, toLines } from './token-text.ts'

const MAX_DEPTH = 1000

export const verifyToken = createCommand({
  parameters: ['[<token>]'],
  description: `Verify the signature and the times of a token, and print what is in it. The key comes from one of --key, --secret-env and --jwks.\nWith --config or CFG_FILE, run the check of a route instead, groups and revocations included, and print the result of each step. ${INPUT_ADVICE}`,
  options: {
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      description: 'The configuration whose route checks the token (default: CFG_FILE)'
    },
    route: {
      type: 'string',
      value: 'PATH',
      description: 'The route of --config (default: its only check route)'
    },
    key: { type: 'string', value: 'FILE', description: 'A key as PEM or JWK, or a JWK Set' },
    'secret-env': {
      type: 'string',
      value: 'NAME',
      description: 'The environment variable that holds the shared secret'
    },
    'secret-encoding': {
      type: 'string',
      value: 'text|base64|hex',
      description: 'How the shared secret is written (default text)'
    },
    jwks: { type: 'string', value: 'URL', description: 'The URL of a JWK Set, or of a JWK' },
    alg: {
      type: 'string',
      value: 'NAME',
      values: ALGORITHM_NAMES,
      description: 'The algorithm to accept (required for an RSA key in PEM and for a secret)'
    },
    'allow-http': { type: 'boolean', description: 'Allow plain http:// for --jwks' },
    json: { type: 'boolean', description: 'Write one JSON object, also for a rejected token' }
  },
  examples: [
    'txtoken token verify --key .auth/id_rsa.pub --alg RS512 < .auth/ada.token',
    'txtoken token verify --secret-env ENC_KEY --alg HS256 < token.txt',
    'txtoken token verify --config txtoken.yml --route /checkToken < token.txt',
    'txtoken token verify --jwks https://issuer.example.com/.well-known/jwks.json < token.txt'
  ],
  async run({ values, parameters: [argument], ...context }) {
    const { env, now, print, report } = context
    if (isAboutRoute(values, env)) {
      return verifyOnRoute(values, argument, context)
    }
    const sources = createSources(values, env, now)
    const raw = await readToken(argument, context)
    const keyStore = createKeyStore(sources, now)
    const check = createCheck({
      verifiers: [createKeysVerifier({ keyStore })],
      requirements: [createTimeRequirement(now, { requireExp: true }), isNoServiceBearer],
      maxDepth: MAX_DEPTH
    })
    try {
      await keyStore.start()
      const { token } = await check(raw)
      if (token.header === undefined) throw new TypeError('expected a JWT')
      print(values.json === true ? toJson(token, { valid: true }) : toLines(token))
      report('valid')
      return undefined
    } catch (error) {
      if (values.json !== true || !(error instanceof ServiceError)) throw error
      print(`${JSON.stringify({ valid: false, reason: error.reason, error: error.message })}\n`)
      return 1
    } finally {
      keyStore.close()
    }
  }
})

interface Values extends KeyValues {
  readonly config?: string
  readonly route?: string
  readonly json?: boolean
}

/** CFG_FILE names the configuration as `--config` does, unless the options name a key. */
function isAboutRoute({ config, route, json, ...keys }: Values, { CFG_FILE = '' }: Environment) {
  if (config !== undefined || route !== undefined) return true
  return CFG_FILE !== '' && Object.keys(keys).length === 0
}

async function verifyOnRoute(
  { config, route, json = false, ...keys }: Values,
  argument: string | undefined,
  context: CommandContext
): Promise<1 | undefined> {
  const [key] = Object.keys(keys)
  if (key !== undefined) {
    throw new UsageError(`--${key} does not go with --config: the keys are those of the route`)
  }
  const file = configFileOf(config, context.env)
  const { explainOnRoute, writeReport } = await import('./explain-on-route.ts')
  const report = await explainOnRoute({ file, route, ...context }, () =>
    readToken(argument, context)
  )
  context.print(json ? `${JSON.stringify(report)}\n` : writeReport(report))
  return report.outcome === 'accepted' ? undefined : 1
}

interface KeyValues {
  readonly key?: string
  readonly 'secret-env'?: string
  readonly 'secret-encoding'?: string
  readonly jwks?: string
  readonly alg?: string
  readonly 'allow-http'?: boolean
}

function createSources(
  values: KeyValues,
  env: Environment,
  now: () => number
): readonly KeySource[] {
  const { key, 'secret-env': secretName, jwks } = values
  const alg = values.alg === undefined ? undefined : parseAlgorithmOption(values.alg)
  if ([key, secretName, jwks].filter((value) => value !== undefined).length !== 1) {
    throw new UsageError('expected exactly one of --config, --key, --secret-env and --jwks')
  }
  if (key !== undefined) {
    return readVerificationKeys(readNamedFile(key), alg).map((found) =>
      createFixedKeySource(found, undefined)
    )
  }
  if (secretName !== undefined) {
    if (alg === undefined) throw new UsageError('expected --alg with --secret-env, such as HS256')
    const secret = readSecretOption('--secret-env', secretName, env)
    const material = parseSecret(secret, alg, parseEncoding(values['secret-encoding']))
    return [createFixedKeySource(createKey({ alg, ...material }), undefined)]
  }
  return [createJwksSource(jwks ?? '', alg, values['allow-http'] === true, now)]
}

/** The usable keys of a JWK Set are used as in a set behind a URL; PEM has one. */
function readVerificationKeys(text: string, alg: Algorithm | undefined): readonly Key[] {
  const meant = unwrapKeyText(text)
  if (!isJson(meant)) return readKeys(meant, { alg }).map(createKey)
  const algorithms = alg === undefined ? ALGORITHMS : [alg]
  const { keys, rejections } = selectKeys(parseJwks(meant).jwks, { algorithms })
  if (keys.length === 0) throw new KeyError(rejections.join('; ') || 'found no keys')
  return keys
}

function parseEncoding(text = 'text'): SecretEncoding {
  const encoding = SECRET_ENCODINGS.find((known) => known === text)
  if (encoding !== undefined) return encoding
  throw new UsageError(`expected --secret-encoding to be one of ${SECRET_ENCODINGS.join(', ')}`)
}

function createJwksSource(
  url: string,
  alg: Algorithm | undefined,
  allowHttp: boolean,
  now: () => number
): KeySource {
  if (!isAllowed(url, allowHttp)) {
    throw new UsageError('--jwks: expected an https:// URL; plain http:// needs --allow-http')
  }
  // A published secret must not verify anything, unless --alg asks for it.
  const algorithms = alg === undefined ? ALGORITHMS.filter((one) => !isSymmetric(one)) : [alg]
  let failure: string | undefined
  let source: KeySource
  try {
    source = createRemoteKeySource({
      url,
      algorithms,
      allowHttp,
      now,
      report({ error }) {
        failure = error?.message
      }
    })
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(`--jwks: ${error.message}`)
    throw error
  }
  return {
    ...source,
    async start() {
      await source.start?.()
      // The service would start without its keys and try again.
      if (failure !== undefined) throw new CommandError(`--jwks: ${failure}`)
    }
  }
}
