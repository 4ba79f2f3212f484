/** The folder of the `tokens` commands: a key pair, the system token, and one token per user. */
import { createPublicKey } from 'node:crypto'
import { mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { OWNER_ONLY_FOLDER } from '../../durable-file.ts'
import type { Algorithm } from '../../keys/key.ts'
import { KeyError } from '../../keys/key-error.ts'
import { toPublicPem } from '../../keys/kinds/public-key.ts'
import { generateMaterial, toPrivatePem } from '../../keys/material/new-key.ts'
import { parsePublicPem } from '../../keys/material/pem.ts'
import { cleanText, isPem } from '../../settings/clean-text.ts'
import { describeFileError } from '../../settings/text-file.ts'
import { CommandError, UsageError } from '../command.ts'
import { writeSecretFile } from '../files.ts'
import { type FoundKey, readKeys } from '../keys/read-keys.ts'

const PRIVATE_FILE = 'id_rsa'
const PUBLIC_FILE = 'id_rsa.pub'

/** The algorithm, unless the command line or the key names another. */
const DEFAULT_ALGORITHM = 'RS512'

/** The name of the system token. */
export const SYSTEM = 'system'

const GROUP_AND_OTHERS = 0o077

/** Letters, digits and a few signs, so that a name cannot be a path out of the folder. */
const USER = /^[\p{L}\p{N}_][\p{L}\p{N}_.@+-]{0,127}$/u

export interface TokenFolder {
  /** The key that signs. */
  readonly loadKey: (alg: Algorithm | undefined) => Promise<FoundKey>
  /** As {@link loadKey}, but creates the folder and the key pair if they are missing. An existing key is never replaced. */
  readonly prepareKey: (alg: Algorithm | undefined) => Promise<FoundKey>
  /** @returns the path of the saved token */
  readonly saveToken: (user: string, token: string, overwrite: boolean) => Promise<string>
  readonly loadToken: (user: string) => Promise<string>
}

/**
 * @param report reports written files, and warns of open file modes
 * @throws CommandError, UsageError or KeyError, in each of its functions
 */
export function createTokenFolder(folder: string, report: (message: string) => void): TokenFolder {
  const privateFile = join(folder, PRIVATE_FILE)
  const publicFile = join(folder, PUBLIC_FILE)

  async function loadKey(alg: Algorithm | undefined): Promise<FoundKey> {
    const text = await readIfThere(privateFile)
    if (text === undefined) {
      throw new CommandError(
        `found no ${privateFile}, expected a private key; 'txtoken tokens init' makes one`
      )
    }
    await warnOfOpenMode(privateFile)
    const [key] = explain(privateFile, () =>
      readKeys(text, { alg, assumed: { RSA: DEFAULT_ALGORITHM } })
    )
    if (key?.material.type !== 'private') {
      throw new CommandError(`${privateFile}: expected a private key`)
    }
    return key
  }

  async function prepareKey(alg: Algorithm | undefined): Promise<FoundKey> {
    await makeFolder(folder)
    await warnOfOpenMode(folder)
    const publicPem = await readIfThere(publicFile)
    if ((await readIfThere(privateFile)) === undefined) {
      if (publicPem !== undefined) {
        throw new CommandError(
          `found ${publicFile} without ${privateFile}, expected both or neither`
        )
      }
      const material = await generateMaterial(alg ?? DEFAULT_ALGORITHM)
      await writeSecretFile(privateFile, toPrivatePem(material), { overwrite: false, report })
    }
    const key = await loadKey(alg)
    const publicKey = createPublicKey(key.material)
    if (publicPem === undefined) {
      await writeSecretFile(publicFile, toPublicPem(publicKey), { overwrite: false, report })
    } else if (!isPem(publicPem)) {
      throw new CommandError(
        `${publicFile}: found no PEM, expected the public key of ${privateFile}; remove the file, and 'txtoken tokens init' writes it again`
      )
    } else if (!explain(publicFile, () => parsePublicPem(publicPem)).equals(publicKey)) {
      throw new CommandError(
        `${publicFile}: found another key, expected the public key of ${privateFile}`
      )
    }
    return key
  }

  async function warnOfOpenMode(path: string): Promise<void> {
    const mode = (await stat(path)).mode & 0o777
    if ((mode & GROUP_AND_OTHERS) !== 0) {
      report(`warning: users other than the owner can access ${path} (mode ${mode.toString(8)})`)
    }
  }

  return {
    loadKey,
    prepareKey,
    async saveToken(user, token, overwrite) {
      const path = join(folder, tokenFileName(user))
      await writeSecretFile(path, `${token}\n`, { overwrite, report })
      return path
    },
    async loadToken(user) {
      const path = join(folder, tokenFileName(user))
      const text = await readIfThere(path)
      if (text === undefined) throw new CommandError(`found no ${path}, expected a saved token`)
      return text.trim()
    }
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: OWNER_ONLY_FOLDER })
  } catch (error) {
    throw new CommandError(`cannot create ${folder} (${describeFileError(error)})`)
  }
}

/** @throws UsageError for a name that could lead out of the folder */
export function tokenFileName(user: string): string {
  if (!USER.test(user)) {
    throw new UsageError(
      'expected a user name of at most 128 letters, digits and _ . @ + -, starting with a letter, a digit or _'
    )
  }
  return `${user}.token`
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return cleanText(await readFile(path, 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new CommandError(`cannot read ${path} (${describeFileError(error)})`)
  }
}

function explain<Result>(path: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    throw new CommandError(`${path}: ${error.message}`)
  }
}
