/** A store in a folder of this machine, for one process: every acknowledged write is on the disk. */
import { pathToFileURL } from 'node:url'
import type { ClassicLevel } from 'classic-level'
import { FOLDER_EXPECTED } from '../../settings/folder.ts'
import { describeFileError } from '../../settings/text-file.ts'
import { formatRevoked, parseRevoked, type Revocation } from '../revocation.ts'
import { createFileWrites, type FileWrites } from './file-writes.ts'
import {
  type ExpiringRecord,
  type ExpiringRecords,
  type RevocationStore,
  StoreFullError,
  type StoreKind,
  type StoreOptions
} from './store.ts'

const PREFIX = 'file:'

export interface FileStoreSettings {
  readonly kind: 'file'
  /** The folder; it is created if missing. */
  readonly folder: string
}

export const fileStore: StoreKind<FileStoreSettings> = {
  notation: 'file:/path',
  parse(text, reader) {
    if (!text.startsWith(PREFIX) || text === PREFIX) return undefined
    return { kind: 'file', folder: reader.resolve(text.slice(PREFIX.length)) }
  },
  create: ({ folder }, options) => createFileStore(folder, options),
  address: ({ folder }) => ({
    kind: 'directory',
    url: pathToFileURL(folder),
    shown: `${PREFIX}${folder}`,
    async reach() {
      const { probeFolder } = await import('../../settings/folder.ts')
      return probeFolder(folder)
    }
  })
}

/** Every write is on the disk before it is acknowledged: neither a killed process nor a crash of the machine loses one. */
const SYNC = { sync: true } as const
/** The names of the two kinds of entries begin with these. In ASCII, the semicolon follows the colon. */
const REVOKED = { first: 'revoked:', end: 'revoked;' } as const
const RECORD = { first: 'record:', end: 'record;' } as const

/** Of names in the folder; all of them where it is empty. */
interface Range {
  readonly gte?: string
  readonly lt?: string
}

const CLEANING_INTERVAL_MS = 3_600_000
/** Of all records: logins alone do not fill the disk, so that there is room for revocations. */
const MAX_RECORD_BYTES = 1024 ** 3

/**
 * Makes the store. Once it is started, and until it is closed, no other process can open the folder.
 * @param maxBytes of all records; beyond it, no new ones are taken
 */
export async function createFileStore(
  folder: string,
  { now, startTimer, log, report }: Pick<StoreOptions, 'now' | 'startTimer' | 'log' | 'report'>,
  maxBytes = MAX_RECORD_BYTES
): Promise<RevocationStore> {
  const { ClassicLevel } = await import('classic-level')
  const database = new ClassicLevel(folder)
  const writes = createFileWrites({ close: () => database.close(), open: () => open(database) })
  const room = createRoom(maxBytes, (bytes) => report?.recordsHeld(bytes, maxBytes))
  let stopCleaning: (() => void) | undefined
  let isClosing = false

  async function readRevocations(): Promise<Revocation[]> {
    const found: Revocation[] = []
    for await (const [name, until] of database.iterator({ gte: REVOKED.first, lt: REVOKED.end })) {
      const revoked = parseRevoked(name.slice(REVOKED.first.length))
      found.push({ revoked, until: parseTime(until) })
    }
    return found
  }

  /** Counts the records on the way: at the start nothing is known of them. */
  async function removeExpired(range: Range): Promise<void> {
    const time = now()
    const expired: string[] = []
    const takenBefore = room.taken()
    let bytes = 0
    for await (const [name, text] of database.iterator(range)) {
      const isRecord = name.startsWith(RECORD.first)
      const until = isRecord ? parseRecord(text).until : parseTime(text)
      // A record with an unreadable time is not from this version.
      if (!(until > time)) expired.push(name)
      else if (isRecord) bytes += name.length + text.length
    }
    await writes.write(() => database.batch(expired.map((key) => ({ type: 'del', key }))))
    room.take(bytes - takenBefore)
  }

  async function clean(range: Range = {}): Promise<void> {
    try {
      await removeExpired(range)
    } catch (error) {
      if (isClosing) return
      log.warn(
        { folder, error: (error as Error).message },
        'expired entries not removed from the revocation store'
      )
    }
    if (!isClosing) stopCleaning = startTimer(() => clean(), CLEANING_INTERVAL_MS)
  }

  return {
    async start(follower) {
      await open(database)
      follower.add(await readRevocations())
      follower.available()
      // The revocations have just been read, and there may be many.
      void clean({ gte: RECORD.first, lt: RECORD.end })
    },
    async add({ revoked, until }) {
      const time = until === Number.POSITIVE_INFINITY ? 'never' : String(until)
      const key = REVOKED.first + formatRevoked(revoked)
      await orFull(writes.write(() => database.put(key, time, SYNC)))
    },
    records: createFileRecords({ database, writes, now, room }),
    async close() {
      isClosing = true
      stopCleaning?.()
      await writes.close()
      await database.close()
    }
  }
}

/** @throws Error with the reason: another process has the folder, or the message of the database */
async function open(database: ClassicLevel): Promise<void> {
  try {
    await database.open()
  } catch (error) {
    const { cause, message } = error as Error
    if (!(cause instanceof Error)) throw new Error(message, { cause: error })
    const { location } = database
    const isTaken = 'code' in cause && cause.code === 'LEVEL_LOCKED'
    const reason = isTaken ? `another process has ${location}` : describeFailure(location, cause)
    throw new Error(reason, { cause: error })
  }
}

/** An error of the file system, or one that the database met there, whose text begins with the file. */
function describeFailure(folder: string, error: Error): string {
  if ('syscall' in error) {
    return `cannot open ${folder}: ${describeFileError(error)}, ${FOLDER_EXPECTED}`
  }
  const [, file, reason] = /^IO error: (\S+): (.+)$/.exec(error.message) ?? []
  return file === undefined ? error.message : `cannot open ${file}: ${reason}, ${FOLDER_EXPECTED}`
}

/** The bytes that records take. */
interface Room {
  readonly taken: () => number
  /** @param bytes more, or less where it is negative */
  readonly take: (bytes: number) => void
  /** @throws StoreFullError without room */
  readonly assertRoom: () => void
}

function createRoom(maxBytes: number, onChange: (bytes: number) => void): Room {
  let taken = 0
  return {
    taken: () => taken,
    take(bytes) {
      taken += bytes
      onChange(taken)
    },
    assertRoom() {
      if (taken >= maxBytes) throw new StoreFullError(`records take ${taken} bytes in the folder`)
    }
  }
}

interface FileRecordsOptions {
  readonly database: ClassicLevel
  readonly writes: FileWrites
  readonly now: () => number
  readonly room: Room
}

function createFileRecords({ database, writes, now, room }: FileRecordsOptions): ExpiringRecords {
  let lastSwap: Promise<unknown> = Promise.resolve()

  async function read(name: string): Promise<string | undefined> {
    const stored = await database.get(RECORD.first + name)
    if (stored === undefined) return undefined
    return parseRecord(stored).until > now() ? stored : undefined
  }

  async function put(name: string, record: ExpiringRecord, replaced = ''): Promise<void> {
    const [key, stored] = [RECORD.first + name, formatRecord(record)]
    await orFull(writes.write(() => database.put(key, stored, SYNC)))
    room.take(stored.length + (replaced === '' ? key.length : -replaced.length))
  }

  async function swapNow(name: string, expected: string, next?: ExpiringRecord): Promise<boolean> {
    const stored = await read(name)
    if (stored === undefined || parseRecord(stored).text !== expected) return false
    if (next !== undefined) {
      await put(name, next, stored)
      return true
    }
    const key = RECORD.first + name
    await writes.write(() => database.del(key, SYNC))
    room.take(-key.length - stored.length)
    return true
  }

  return {
    async get(name) {
      const stored = await read(name)
      return stored === undefined ? undefined : parseRecord(stored).text
    },
    async put(name, record) {
      room.assertRoom()
      await put(name, record)
    },
    swap(name, expected, next) {
      // One after the other: no other swap may come between reading and writing.
      const swapping = lastSwap.then(() => swapNow(name, expected, next))
      lastSwap = swapping.catch(() => undefined)
      return swapping
    }
  }
}

/** Words of the system for a disk, a quota or a file that takes no more. */
const FULL = /No space left on device|quota exceeded|File too large/i

/** @throws StoreFullError where the disk is full */
async function orFull(writing: Promise<void>): Promise<void> {
  try {
    await writing
  } catch (error) {
    const { message, cause } = error as Error
    if (!FULL.test(`${message} ${cause}`)) throw error
    throw new StoreFullError(message, { cause: error })
  }
}

function formatRecord({ until, text }: ExpiringRecord): string {
  return `${until} ${text}`
}

function parseRecord(stored: string): ExpiringRecord {
  const end = stored.indexOf(' ')
  return { until: Number(stored.slice(0, end)), text: stored.slice(end + 1) }
}

function parseTime(text: string): number {
  return text === 'never' ? Number.POSITIVE_INFINITY : Number(text)
}
