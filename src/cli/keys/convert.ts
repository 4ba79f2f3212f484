/** `keys convert`: from any of PEM, JWK and JWK Set to any other. */

import { createPublicKey } from 'node:crypto'
import { ALGORITHM_NAMES } from '../../keys/algorithms.ts'
import { KeyError } from '../../keys/key-error.ts'
import { toPublicJwk, toPublicPem } from '../../keys/kinds/public-key.ts'
import { toPrivatePem, toSigningJwk } from '../../keys/material/new-key.ts'
import { cleanText } from '../../settings/clean-text.ts'
import { CommandError, createCommand, UsageError } from '../command.ts'
import { readNamedFile } from '../files.ts'
import { parseAlgorithmOption, readSecretOption } from '../options.ts'
import { type FoundKey, readKeys } from './read-keys.ts'

const FORMATS = ['pem', 'jwk', 'jwks'] as const
type Format = (typeof FORMATS)[number]

export const convertKeys = createCommand({
  parameters: ['[<file>...]'],
  description:
    'Convert keys between PEM, JWK and JWK Set. The files may hold any of these; without files, and for -, keys are read from standard input. Several files make a JWK Set.',
  options: {
    to: { type: 'string', value: 'pem|jwk|jwks', description: 'The form to write (required)' },
    public: { type: 'boolean', description: 'Write only the public keys' },
    alg: {
      type: 'string',
      value: 'NAME',
      values: ALGORITHM_NAMES,
      description: 'The algorithm of keys that fit several (default RS256 or HS256)'
    },
    kid: {
      type: 'string',
      value: 'KID',
      description: 'The key to choose among several, or the kid to give to a key without one'
    },
    'passphrase-env': {
      type: 'string',
      value: 'NAME',
      description: 'The environment variable that holds the passphrase of an encrypted PEM key'
    }
  },
  examples: [
    'txtoken keys convert --to jwks --public 2025.pem 2026.pem > jwks.json',
    'txtoken keys convert --to pem --kid 2026 < jwks.json'
  ],
  async run({ values, parameters: files, env, readInput, print }) {
    const format = parseFormat(values.to)
    const passphraseName = values['passphrase-env']
    const alg = values.alg === undefined ? undefined : parseAlgorithmOption(values.alg)
    const options = {
      assumed: { RSA: alg ?? 'RS256', oct: alg ?? 'HS256' },
      passphrase:
        passphraseName === undefined
          ? undefined
          : readSecretOption('--passphrase-env', passphraseName, env)
    }
    const all: FoundKey[] = []
    for (const file of files.length === 0 ? ['-'] : files) {
      const text = file === '-' ? cleanText(await readInput()) : readNamedFile(file)
      all.push(...readFrom(file, text, options))
    }
    const keys = chooseKeys(all, values.kid)
    const chosen = values.public === true ? keys.map(toPublicHalf) : keys
    print(format === 'pem' ? chosen.map(toPem).join('') : writeJson(format, chosen))
  }
})

function parseFormat(text: string | undefined): Format {
  const format = FORMATS.find((known) => known === text)
  if (format === undefined) throw new UsageError(`expected --to to be one of ${FORMATS.join(', ')}`)
  return format
}

function readFrom(file: string, text: string, options: Parameters<typeof readKeys>[1]) {
  try {
    return readKeys(text, options)
  } catch (error) {
    if (!(error instanceof KeyError) || file === '-') throw error
    throw new CommandError(`${file}: ${error.message}`)
  }
}

function chooseKeys(keys: readonly FoundKey[], kid: string | undefined): readonly FoundKey[] {
  const [only] = keys
  if (only === undefined) throw new CommandError('found no keys')
  if (kid === undefined) return keys
  if (keys.length === 1 && only.kid === undefined) return [{ ...only, kid }]
  const named = keys.filter((key) => key.kid === kid)
  if (named.length === 0) throw new CommandError(`found no key with the kid ${kid}`)
  return named
}

function toPublicHalf({ alg, material, kid }: FoundKey): FoundKey {
  if (material.type === 'secret') throw new CommandError('a shared secret has no public key')
  return { alg, kid, material: material.type === 'private' ? createPublicKey(material) : material }
}

function toPem({ material }: FoundKey): string {
  if (material.type === 'secret') throw new CommandError('a shared secret cannot be written as PEM')
  return material.type === 'private' ? toPrivatePem(material) : toPublicPem(material)
}

function writeJson(format: Exclude<Format, 'pem'>, keys: readonly FoundKey[]): string {
  const jwks = keys.map(({ alg, material, kid }) =>
    material.type === 'public' ? toPublicJwk(material, alg, kid) : toSigningJwk(alg, material, kid)
  )
  if (format === 'jwk' && jwks.length > 1) {
    throw new CommandError(`found ${jwks.length} keys, expected --to jwks, or --kid to choose one`)
  }
  return `${JSON.stringify(format === 'jwk' ? jwks[0] : { keys: jwks }, null, 2)}\n`
}
