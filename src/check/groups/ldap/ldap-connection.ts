/** The searches of one server of an LDAP directory: its connection is opened when it is needed, kept, and opened again after it was closed. */
import type { Client, Entry, SearchOptions } from 'ldapts'
import { checkUnavailable } from '../../../errors.ts'
import { measure } from '../../../remote/measure.ts'
import type { CallOutcome } from '../../../remote/outcome.ts'
import { describeConnectionError } from '../../../remote/remote-errors.ts'
import {
  createLdapTlsOptions,
  type LdapClient,
  type LdapServer,
  openClient
} from './ldap-client.ts'

export interface LdapConnectionOptions extends LdapServer {
  /** Called with the outcome of each search, and how long it took. */
  readonly onOutcome: (outcome: CallOutcome, seconds: number) => void
}

export interface LdapSearch extends SearchOptions {
  readonly base: string
  readonly filter: string
}

/** A failure of the server alone: another one of the same directory may have an answer. */
export class ServerFault extends Error {
  override readonly name = 'ServerFault'
}

export interface LdapConnection {
  readonly url: string
  /**
   * Returns all found entries. Rejects with a ServiceError `check_unavailable` where not all of them came; its cause is a
   * {@link ServerFault}, or the answer of the directory.
   * @param signal ends it, and the connection
   */
  readonly search: (search: LdapSearch, signal: AbortSignal) => Promise<Entry[]>
  /**
   * Connects and binds, where it is not done. Rejects with a {@link ServerFault}.
   * @param signal ends it, and the connection
   */
  readonly open: (signal: AbortSignal) => Promise<void>
  readonly close: () => void
}

/** @throws TypeError for settings that cannot be followed */
export function createLdapConnection(options: LdapConnectionOptions): LdapConnection {
  const { url, bind, onOutcome } = options
  const tlsOptions = createLdapTlsOptions(options)
  // With an empty password a directory accepts any name, and treats the caller as anonymous (RFC 4513, section 5.1.2).
  if (bind?.password === '') throw new TypeError('found an empty password, expected one')
  let current: LdapClient | undefined

  /** Every failure here, also a rejected bind, is about this server. */
  async function connect(signal: AbortSignal): Promise<LdapClient & { ready: Client }> {
    if (current?.isOpen() !== true) current = openClient(options, tlsOptions)
    const opened = current
    try {
      const ready = await unlessAborted(opened.client, signal)
      // The client would reopen a lost connection without TLS and bind.
      if (!opened.isOpen()) throw new Error('found the connection closed')
      return { ...opened, ready }
    } catch (error) {
      opened.destroy()
      throw toFault(url, error)
    }
  }

  async function searchOnce({ base, ...search }: LdapSearch, signal: AbortSignal) {
    const { ready, destroy, inTurn } = await connect(signal)

    async function readEntries(client: Client): Promise<Entry[]> {
      try {
        return (await client.search(base, search)).searchEntries
      } catch (error) {
        if (codeOf(error) !== SIZE_LIMIT_EXCEEDED) throw error
        return inTurn(() => readPages(client, { base, ...search }, signal))
      }
    }

    try {
      return await unlessAborted(readEntries(ready), signal)
    } catch (error) {
      const code = codeOf(error)
      if (code === undefined) destroy()
      throw code === undefined || SERVER_CODES.has(code) ? toFault(url, error) : error
    }
  }

  async function search({ search, signal }: { search: LdapSearch; signal: AbortSignal }) {
    const entries = await searchAgain(search, signal)
    if (entries.length > MOST_ENTRIES) {
      throw checkUnavailable(new Error(`found more than ${MOST_ENTRIES} entries`))
    }
    return entries
  }

  async function searchAgain(search: LdapSearch, signal: AbortSignal): Promise<Entry[]> {
    const wasOpen = current?.isOpen() === true
    try {
      return await searchOnce(search, signal)
    } catch (error) {
      // The directory may have closed an idle connection just when it was used.
      const isLost = error instanceof ServerFault && codeOf(error.cause) === undefined
      if (!wasOpen || signal.aborted || !isLost) throw checkUnavailable(error)
    }
    return searchOnce(search, signal).catch((error) => {
      throw checkUnavailable(error)
    })
  }

  const measured = measure(search, onOutcome)
  return {
    url,
    search: (search, signal) => measured({ search, signal }),
    async open(signal) {
      await connect(signal)
    },
    close: () => current?.destroy()
  }
}

function toFault(url: string, error: unknown): ServerFault {
  const reason =
    error instanceof Error ? describeConnectionError(error, { plain: 'ldap://' }) : 'failed'
  return new ServerFault(`${url}: ${reason}`, { cause: error })
}

/** A result that is a part of the entries (RFC 4511, appendix A.2). */
const SIZE_LIMIT_EXCEEDED = 4
const PAGE_SIZE = 500
/** Most entries that a search may find. */
const MOST_ENTRIES = 5_000

/** Searches by pages (RFC 2696), which directories allow to find more entries than a search at once. */
async function readPages(
  client: Client,
  { base, ...search }: LdapSearch,
  signal: AbortSignal
): Promise<Entry[]> {
  const entries: Entry[] = []
  signal.throwIfAborted()
  const paged = { pageSize: PAGE_SIZE }
  for await (const { searchEntries } of client.searchPaginated(base, { ...search, paged })) {
    entries.push(...searchEntries)
    // One more is enough to know that there are too many.
    if (entries.length > MOST_ENTRIES) break
  }
  return entries
}

/**
 * Results (RFC 4511, appendix A.2) that are about the state of a server, and not about what it was asked: operationsError,
 * timeLimitExceeded, adminLimitExceeded, busy, unavailable, unwillingToPerform, other.
 */
const SERVER_CODES: ReadonlySet<number> = new Set([1, 3, 11, 51, 52, 53, 80])

/** The result of a directory that has answered with an error: the connection is still usable (RFC 4511, section 4.1.9). */
export function codeOf(error: unknown): number | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined
}

/** Waits for a promise, and no longer than a signal allows. */
async function unlessAborted<Result>(
  promise: Promise<Result>,
  signal: AbortSignal
): Promise<Result> {
  let expire = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    expire = () => reject(new Error('found no whole answer in time'))
    if (signal.aborted) expire()
    else signal.addEventListener('abort', expire)
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', expire)
  }
}
