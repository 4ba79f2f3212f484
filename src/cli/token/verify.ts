/** `token verify`: checks a token as the service does. */
import { createCheck } from '../../check/check.ts'
import { createTimeRequirement, isNoServiceBearer } from '../../check/requirements.ts'
import { createKeysVerifier } from '../../check/verifiers/keys-verifier.ts'
import { ServiceError } from '../../errors.ts'
import { isSymmetric } from '../../keys/algorithms.ts'
import { ALGORITHMS, type Algorithm } from '../../keys/key.ts'
import type { KeySource } from '../../keys/key-source.ts'
import { createFixedKeySource } from '../../keys/key-source.ts'
import { createKeyStore } from '../../keys/key-store.ts'
import { createKey } from '../../keys/kinds/create-key.ts'
import { parseSecret } from '../../keys/material/key-material.ts'
import { createRemoteKeySource } from '../../keys/remote/remote-key-source.ts'
import { CommandError, createCommand, type Environment, UsageError } from '../command.ts'
import { readNamedFile } from '../files.ts'
import { readKeys } from '../keys/read-keys.ts'
import { parseAlgorithmOption, readSecretOption } from '../options.ts'
import { INPUT_ADVICE, readToken, toJson, toLines } from './token-text.ts'

const MAX_DEPTH = 1000

export const verifyToken = createCommand({
  parameters: ['[<token>]'],
  description: `Verify the signature and the times of a token, and print what is in it. The key comes from one of --key, --secret-env and --jwks. ${INPUT_ADVICE}`,
  options: {
    key: { type: 'string', value: 'FILE', description: 'A key as PEM or JWK, or a JWK Set' },
    'secret-env': {
      type: 'string',
      value: 'NAME',
      description: 'The environment variable that holds the shared secret'
    },
    jwks: { type: 'string', value: 'URL', description: 'The URL of a JWK Set' },
    alg: {
      type: 'string',
      value: 'NAME',
      description: 'The algorithm to accept (required for an RSA key in PEM and for a secret)'
    },
    'allow-http': { type: 'boolean', description: 'Allow plain http:// for --jwks' },
    json: { type: 'boolean', description: 'Write one JSON object, also for a rejected token' }
  },
  examples: [
    'txtoken token verify --key .auth/id_rsa.pub --alg RS512 < .auth/ada.token',
    'txtoken token verify --secret-env ENC_KEY --alg HS256 < token.txt',
    'txtoken token verify --jwks https://issuer.example.com/.well-known/jwks.json < token.txt'
  ],
  async run({ values, parameters: [argument], ...context }) {
    const { env, now, print, report } = context
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

interface KeyValues {
  readonly key?: string
  readonly 'secret-env'?: string
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
    throw new UsageError('expected exactly one of --key, --secret-env and --jwks')
  }
  if (key !== undefined) {
    return readKeys(readNamedFile(key), { alg }).map((found) =>
      createFixedKeySource(createKey(found), undefined)
    )
  }
  if (secretName !== undefined) {
    if (alg === undefined) throw new UsageError('expected --alg with --secret-env, such as HS256')
    const secret = readSecretOption('--secret-env', secretName, env)
    return [createFixedKeySource(createKey({ alg, ...parseSecret(secret, alg) }), undefined)]
  }
  return [createJwksSource(jwks ?? '', alg, values['allow-http'] === true, now)]
}

function createJwksSource(
  url: string,
  alg: Algorithm | undefined,
  allowHttp: boolean,
  now: () => number
): KeySource {
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
