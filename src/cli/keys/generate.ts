/** `keys generate`: generates a key, as PEM or JWK. */

import type { KeyObject } from 'node:crypto'
import { ALGORITHM_NAMES } from '../../keys/algorithms.ts'
import type { Algorithm } from '../../keys/key.ts'
import { generateMaterial, toPrivatePem, toSigningJwk } from '../../keys/material/new-key.ts'
import { createCommand, UsageError } from '../command.ts'
import { writeSecretFile } from '../files.ts'
import { parseAlgorithmOption } from '../options.ts'

type Format = 'pem' | 'jwk'

export const generateKey = createCommand({
  parameters: [],
  description:
    "Make a new private key, or with an HS algorithm a new secret. 'txtoken keys convert --public' writes its public key.",
  options: {
    alg: {
      type: 'string',
      value: 'NAME',
      values: ALGORITHM_NAMES,
      description: 'The algorithm, such as ES256 (required)'
    },
    kid: {
      type: 'string',
      value: 'KID',
      description: 'The kid of a JWK (default: its RFC 7638 thumbprint, or random for a secret)'
    },
    format: {
      type: 'string',
      value: 'pem|jwk',
      description: 'PEM (PKCS#8) or JWK (default pem, or jwk for a secret)'
    },
    out: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: 'The file to write, with mode 600 (default standard output)'
    },
    force: { type: 'boolean', description: 'Overwrite an existing file' }
  },
  examples: [
    'txtoken keys generate --alg ES256 --out es256.pem',
    'txtoken keys generate --alg RS256 --format jwk --kid 2026'
  ],
  async run({ values, print, report }) {
    if (values.alg === undefined) throw new UsageError('expected --alg, such as --alg ES256')
    const alg = parseAlgorithmOption(values.alg)
    const format = chooseFormat(values.format, alg)
    if (values.kid !== undefined && format === 'pem') {
      throw new UsageError('--kid needs --format jwk: PEM cannot hold a kid')
    }
    const text = write(format, alg, await generateMaterial(alg), values.kid)
    if (values.out === undefined) print(text)
    else await writeSecretFile(values.out, text, { overwrite: values.force === true, report })
  }
})

function chooseFormat(text: string | undefined, alg: Algorithm): Format {
  const isSecret = alg.startsWith('HS')
  if (text === undefined) return isSecret ? 'jwk' : 'pem'
  if (text !== 'pem' && text !== 'jwk') throw new UsageError('expected --format to be pem or jwk')
  if (text === 'pem' && isSecret) {
    throw new UsageError(
      `expected --format jwk: ${alg} uses a secret, which cannot be written as PEM`
    )
  }
  return text
}

function write(
  format: Format,
  alg: Algorithm,
  material: KeyObject,
  kid: string | undefined
): string {
  return format === 'pem'
    ? toPrivatePem(material)
    : `${JSON.stringify(toSigningJwk(alg, material, kid), null, 2)}\n`
}
