/** A store in a folder of this machine, for one process: what it has acknowledged is on the disk. */
import type { ClassicLevel } from 'classic-level'
import { formatRevoked, parseRevoked, type Revocation } from '../revocation.ts'
import type {
  ExpiringRecord,
  ExpiringRecords,
  RevocationStore,
  StoreKind,
  StoreOptions
} from './store.ts'

const PREFIX = 'file:'

export interface FileStoreSettings {
  readonly kind: 'file'
  /** The folder; it is made where it is not there. */
  readonly folder: string
}

export const fileStore: StoreKind<FileStoreSettings> = {
  notation: 'file:/path',
  parse(text, reader) {
    if (!text.startsWith(PREFIX) || text === PREFIX) return undefined
    return { kind: 'file', folder: reader.resolve(text.slice(PREFIX.length)) }
  },
  create: ({ folder }, options) => createFileStore(folder, options)
}

/** Every write is on the disk before it is acknowledged: neither the end of the process nor a crash of the machine loses one. */
const SYNC = { sync: true } as const
/** The names of the two kinds of entries begin with these. In ASCII, the semicolon follows the colon. */
const REVOKED = { first: 'revoked:', end: 'revoked;' } as const
const RECORD = { first: 'record:', end: 'record;' } as const

const CLEANING_INTERVAL_MS = 3_600_000

/** Makes the store. Once it is started, and until it is closed, no other process can open the folder. */
export async function createFileStore(
  folder: string,
  { now, startTimer, log }: Pick<StoreOptions, 'now' | 'startTimer' | 'log'>
): Promise<RevocationStore> {
  const { ClassicLevel } = await import('classic-level')
  const database = new ClassicLevel(folder)
  let stopCleaning: (() => void) | undefined

  async function readRevocations(): Promise<Revocation[]> {
    const found: Revocation[] = []
    for await (const [name, until] of database.iterator({ gte: REVOKED.first, lt: REVOKED.end })) {
      const revoked = parseRevoked(name.slice(REVOKED.first.length))
      found.push({ revoked, until: parseTime(until) })
    }
    return found
  }

  async function removeExpired(): Promise<void> {
    const time = now()
    const expired: string[] = []
    for await (const [name, text] of database.iterator()) {
      const until = name.startsWith(RECORD.first) ? parseRecord(text).until : parseTime(text)
      if (until <= time) expired.push(name)
    }
    await database.batch(expired.map((key) => ({ type: 'del', key })))
  }

  async function clean(): Promise<void> {
    try {
      await removeExpired()
    } catch (error) {
      if (database.status !== 'open') return
      log.warn(
        { folder, error: (error as Error).message },
        'expired entries not removed from the revocation store'
      )
    }
    stopCleaning = startTimer(clean, CLEANING_INTERVAL_MS)
  }

  return {
    async start(follower) {
      await open(database)
      follower.add(await readRevocations())
      follower.available()
      stopCleaning = startTimer(clean, CLEANING_INTERVAL_MS)
    },
    async add({ revoked, until }) {
      const time = until === Number.POSITIVE_INFINITY ? 'never' : String(until)
      await database.put(REVOKED.first + formatRevoked(revoked), time, SYNC)
    },
    records: createFileRecords(database, now),
    async close() {
      stopCleaning?.()
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
    const isTaken = 'code' in cause && cause.code === 'LEVEL_LOCKED'
    const reason = isTaken ? `another process has ${database.location}` : cause.message
    throw new Error(reason, { cause: error })
  }
}

function createFileRecords(database: ClassicLevel, now: () => number): ExpiringRecords {
  let lastSwap: Promise<unknown> = Promise.resolve()

  async function get(name: string): Promise<string | undefined> {
    const stored = await database.get(RECORD.first + name)
    if (stored === undefined) return undefined
    const { text, until } = parseRecord(stored)
    return until <= now() ? undefined : text
  }

  function put(name: string, record: ExpiringRecord): Promise<void> {
    return database.put(RECORD.first + name, JSON.stringify([record.until, record.text]), SYNC)
  }

  async function swapNow(name: string, expected: string, next?: ExpiringRecord): Promise<boolean> {
    if ((await get(name)) !== expected) return false
    if (next === undefined) await database.del(RECORD.first + name, SYNC)
    else await put(name, next)
    return true
  }

  return {
    get,
    put,
    swap(name, expected, next) {
      // One after the other: no other swap may come between reading and writing.
      const swapping = lastSwap.then(() => swapNow(name, expected, next))
      lastSwap = swapping.catch(() => undefined)
      return swapping
    }
  }
}

function parseRecord(stored: string): ExpiringRecord {
  const [until, text] = JSON.parse(stored) as [number, string]
  return { until, text }
}

function parseTime(text: string): number {
  return text === 'never' ? Number.POSITIVE_INFINITY : Number(text)
}
