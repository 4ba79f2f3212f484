/** Signs a token for a user, as the service signs its own. */

import { createSign } from '../../issue/sign.ts'
import { type JsonText, JsonTextError, parseJsonText, toJsonText } from '../../json/json-text.ts'
import { ALGORITHM_NAMES } from '../../keys/algorithms.ts'
import { createKey } from '../../keys/kinds/create-key.ts'
import { BEARER_MARK } from '../../service-bearer-mark.ts'
import { UsageError } from '../command.ts'
import type { FoundKey } from '../keys/read-keys.ts'
import { parseAlgorithmOption, parseLifetimeOption } from '../options.ts'

const DEFAULT_LIFETIME = '30d'

/** Options of the commands that make tokens. */
export const MAKING_OPTIONS = {
  dir: {
    type: 'string',
    value: 'FOLDER',
    description: 'The folder of keys and tokens (default .auth)'
  },
  alg: {
    type: 'string',
    value: 'NAME',
    values: ALGORITHM_NAMES,
    description: 'The algorithm (default RS512, or the algorithm of a key that is not RSA)'
  },
  kid: {
    type: 'string',
    value: 'KID',
    description: 'The kid in the header of the token (default: none)'
  },
  claim: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    description: 'Another claim; a value that is not JSON is taken as text. Repeatable'
  },
  lifetime: {
    type: 'string',
    value: 'DURATION',
    description: `How long the token is valid, such as 12h (default ${DEFAULT_LIFETIME})`
  },
  force: { type: 'boolean', description: 'Overwrite an existing token; keys are never overwritten' }
} as const

interface MakingValues {
  readonly alg?: string
  readonly kid?: string
  readonly claim?: string[]
  readonly lifetime?: string
}

/** The parsed options. They are checked before anything is read or written. */
export interface TokenOptions {
  readonly alg: ReturnType<typeof parseAlgorithmOption> | undefined
  readonly kid: string | undefined
  readonly claims: ReadonlyMap<string, JsonText>
  readonly lifetimeSeconds: number
}

/** @throws UsageError */
export function parseTokenOptions({ alg, kid, claim = [], lifetime }: MakingValues): TokenOptions {
  return {
    alg: alg === undefined ? undefined : parseAsymmetric(alg),
    kid,
    claims: new Map(claim.map(parseClaim)),
    lifetimeSeconds: parseLifetimeOption(lifetime ?? DEFAULT_LIFETIME)
  }
}

interface TokenSubject {
  readonly sub: string
  readonly groups: readonly string[]
}

/** @param now the clock, in milliseconds since 1970 */
export async function makeToken(
  { alg, material }: FoundKey,
  { sub, groups }: TokenSubject,
  { kid, claims, lifetimeSeconds }: TokenOptions,
  now: () => number
): Promise<string> {
  const { sign } = createKey({ alg, material, kid })
  if (sign === undefined) throw new TypeError('expected a private key')
  const all = new Map([['sub', toJsonText(sub)], ['groups', toJsonText(groups)], ...claims])
  const { token } = await createSign({ signer: sign, now })(all, { lifetimeSeconds })
  return token
}

const MAX_DEPTH = 64

/** Claims that --claim cannot set, and why. */
const TAKEN: ReadonlyMap<string, string> = new Map([
  ['sub', 'comes from <user>'],
  ['groups', 'comes from <group>...'],
  ['iat', 'is the time of signing'],
  ['exp', 'comes from --lifetime'],
  ['nbf', 'is never set: the token is valid from the time of signing'],
  ['jti', 'can only be set by the service'],
  [BEARER_MARK.claim, 'can only be set by the service']
])

function parseClaim(text: string): [string, JsonText] {
  const at = text.indexOf('=')
  if (at < 1) throw new UsageError('expected --claim to be NAME=VALUE')
  const name = text.slice(0, at)
  const taken = TAKEN.get(name)
  if (taken !== undefined) throw new UsageError(`--claim ${name}: this claim ${taken}`)
  const value = text.slice(at + 1)
  try {
    return [name, parseJsonText(value, MAX_DEPTH)]
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error
    return [name, toJsonText(value)]
  }
}

function parseAsymmetric(name: string) {
  const alg = parseAlgorithmOption(name)
  if (alg.startsWith('HS')) {
    throw new UsageError(
      'expected --alg to be an algorithm with a key pair: RS, PS or ES with 256, 384 or 512, or EdDSA'
    )
  }
  return alg
}
