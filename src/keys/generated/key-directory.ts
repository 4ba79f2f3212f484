/** The directory that holds generated keys, one file a key, shared by any number of replicas. */
import type { Dirent } from 'node:fs'
import { link, lstat, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { OWNER_ONLY_FOLDER, syncFolder, writeDurably } from '../../durable-file.ts'
import type { Algorithm } from '../key.ts'
import { KeyError } from '../key-error.ts'
import { type GeneratedKeyFile, parseKeyFile } from './generated-key-file.ts'
import { formatSlot, formatTemporary, isLeftover, type KeySlot, parseSlot } from './key-slot.ts'

const GROUP_AND_OTHERS = 0o077
const WRITABLE_BY_ALL = 0o002
/** Many times the size of the largest key. */
const MOST_BYTES = 64 * 1024

export interface GeneratedKey extends GeneratedKeyFile {
  readonly sequence: number
}

/** The found keys, and the problems for the operator. No message holds any part of a key. */
export interface DirectoryContent {
  readonly keys: readonly GeneratedKey[]
  /** The sequence of the next key. A file that cannot be used keeps its own. */
  readonly nextSequence: number
  readonly problems: readonly string[]
  /** Temporary files of writers that were stopped. */
  readonly leftovers: readonly string[]
}

export interface KeyDirectory {
  /** Creates the directory if it is missing. */
  readonly create: () => Promise<void>
  /** Reads new files. A key that was read once stays known while its file exists, even if the file breaks. */
  readonly read: () => Promise<DirectoryContent>
  /**
   * Adds a key, atomically.
   * @param deadline the time (milliseconds since 1970) after which it must not appear any more
   * @returns false when there is one with its sequence already: another replica was first
   */
  readonly add: (sequence: number, text: string, deadline: number) => Promise<boolean>
  readonly removeKey: (sequence: number) => Promise<void>
  /** @param file one of the `leftovers` */
  readonly removeLeftover: (file: string) => Promise<void>
}

interface KeyDirectoryOptions {
  readonly dir: string
  /** Keys of other algorithms may be in the same directory: they belong to another source. */
  readonly alg: Algorithm
  /** The `typ` of the tokens that the keys sign. */
  readonly typ: string | undefined
  /** Milliseconds since 1970. */
  readonly now: () => number
}

interface KnownFile {
  /** Shows whether a file is still the one that was read. */
  readonly version: string
  readonly mode: number
  readonly key: GeneratedKey
}

/** Makes the access to a directory. It touches nothing until a function is called. */
export function createKeyDirectory({ dir, alg, typ, now }: KeyDirectoryOptions): KeyDirectory {
  let known: ReadonlyMap<string, KnownFile> = new Map()

  async function readContent(): Promise<DirectoryContent> {
    const problems: string[] = []
    const leftovers: string[] = []
    const files = new Map<string, KnownFile>()
    let nextSequence = 1
    if (((await stat(dir)).mode & WRITABLE_BY_ALL) !== 0) {
      problems.push(`${dir} may be written to by everyone, so anyone may add a key that signs`)
    }
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      const slot = parseSlot(entry.name)
      if (slot?.alg === alg) {
        nextSequence = Math.max(nextSequence, slot.sequence + 1)
        const file = await loadKnownFile(entry, slot, problems)
        if (file !== undefined) files.set(entry.name, file)
      } else if (isLeftover(entry.name, now())) {
        leftovers.push(entry.name)
      } else if (slot === undefined && entry.isFile() && !entry.name.startsWith('.')) {
        problems.push(`${join(dir, entry.name)} is left alone, its name is not one of a key`)
      }
    }
    known = files
    return { keys: Array.from(files.values(), ({ key }) => key), nextSequence, problems, leftovers }
  }

  async function loadKnownFile(entry: Dirent, slot: KeySlot, problems: string[]) {
    const path = join(dir, entry.name)
    const before = known.get(entry.name)
    try {
      if (!entry.isFile()) throw new KeyError('found something other than a file')
      const file = await loadKeyFile(path, slot, before)
      const mode = file.mode & 0o777
      if ((mode & GROUP_AND_OTHERS) !== 0) {
        problems.push(`${path} has the mode ${mode.toString(8)}, expected 600: it is a secret`)
      }
      return file
    } catch (error) {
      // Another replica removed it after the directory was listed.
      if (isCode(error, 'ENOENT')) return undefined
      problems.push(`${path} cannot be used: ${describeFailure(error)}`)
      return before
    }
  }

  async function loadKeyFile(path: string, slot: KeySlot, before: KnownFile | undefined) {
    const { mode, size, ino, mtimeMs } = await lstat(path)
    const version = `${ino} ${size} ${mtimeMs}`
    if (before?.version === version) return { ...before, mode }
    if (size > MOST_BYTES) throw new KeyError(`found ${size} bytes, expected a JWK`)
    const key = parseKeyFile(await readFile(path, 'utf8'), alg, typ)
    return { version, mode, key: { ...key, sequence: slot.sequence } }
  }

  return {
    async create() {
      await mkdir(dir, { recursive: true, mode: OWNER_ONLY_FOLDER })
    },
    read: readContent,
    async add(sequence, text, deadline) {
      const slot = { alg, sequence }
      const temporary = join(dir, formatTemporary(slot, now()))
      try {
        await writeDurably(temporary, text)
        if (now() > deadline) throw new KeyError('writing the key took longer than it may')
        // A link never replaces a file, as a rename would: of several replicas, one makes the key.
        await link(temporary, join(dir, formatSlot(slot)))
      } catch (error) {
        if (isCode(error, 'EEXIST')) return false
        throw error
      } finally {
        await rm(temporary, { force: true })
      }
      await syncFolder(dir)
      return true
    },
    async removeKey(sequence) {
      await rm(join(dir, formatSlot({ alg, sequence })), { force: true })
    },
    async removeLeftover(file) {
      await rm(join(dir, file), { force: true })
    }
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** The error, without any part of a key: the message of a parser might quote the text. */
export function describeFailure(error: unknown): string {
  if (error instanceof KeyError) return error.message
  const { code, name, syscall } = error as NodeJS.ErrnoException
  return `${code ?? name}${syscall === undefined ? '' : ` at ${syscall}`}`
}
