/** The setting `attempts` of a route: how many failed logins a client, or a name, may have in a period of time. */
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { ServiceError } from '../errors.ts'
import {
  formatJsonPath,
  type JsonPath,
  parseJsonPath,
  textAt,
  textsInAnyCase
} from '../json/json-path.ts'
import type { JsonText } from '../json/json-text.ts'
import { spellNumber } from '../json/number-spelling.ts'
import type { Count, Counts } from '../revocation/stores/counts.ts'
import { duration, integer } from '../settings/quantities.ts'
import { section } from '../settings/section.ts'
import { invalidClaim, twiceInBody } from './claims.ts'
import type { IssueRequest } from './issue.ts'

const CLIENT = 'client'
const BODY = 'body:'
const BY_TITLE = 'client, or body:PATH such as body:email'
const BY_EXPECTED = `expected ${BY_TITLE}`

const by = z
  .string(BY_EXPECTED)
  .refine((text) => text === CLIENT || isBodyPath(text), { error: BY_EXPECTED })
  .meta({ title: BY_TITLE })

function isBodyPath(text: string): boolean {
  if (!text.startsWith(BODY)) return false
  try {
    return parseJsonPath(text.slice(BODY.length)).length > 0
  } catch {
    return false
  }
}

export type AttemptsConfig = z.output<typeof attemptsSection>

const attemptsSection = section({
  by: z
    .array(by, 'expected a list')
    .min(1, 'expected at least one')
    .refine((names) => new Set(names).size === names.length, { error: 'expected each once' })
    .describe(
      'By what attempts are counted, each with its own counts: `client` is the address of the client (see `trustedProxies` of the listener), for IPv6 its /64 network; `body:PATH` is a value in the JSON or form of the client, without regard to case, also of the names in the path, and to the spelling of numbers. A request without the value is only counted by the others; a list, an object or null is rejected (400).'
    ),
  allow: integer(1, 1_000_000).describe('How many attempts are allowed.'),
  per: duration('1s', '30d').describe(
    'The time in which these are allowed, from the first attempt on.'
  ),
  count: z
    .enum(['refused', 'all'], 'expected refused or all')
    .default('refused')
    .describe(
      'Which attempts count. `refused`: those that the remote rejects with a 4xx other than 429; a success resets the counts of its `body:` values. `all`: every attempt. Default: refused.'
    )
})

/** The setting. */
export const attempts = attemptsSection
  .optional()
  .describe(
    'How many attempts to log in are allowed. Further ones are answered with 429 and `Retry-After` (`too_many_attempts`), and not sent to the remote. Counts are kept in the Redis of `revocation`, or else in memory, where all workers share them. Default: no limit.'
  )

/** The paths in the body of the values that attempts are counted by. */
export function bodyPathsOf({ by }: AttemptsConfig): readonly JsonPath[] {
  return by.flatMap((one) => (one === CLIENT ? [] : [parseJsonPath(one.slice(BODY.length))]))
}

/** Counts an attempt and runs it, or throws a ServiceError `too_many_attempts` in its place. */
export type Attempt = <Result>(
  request: IssueRequest,
  action: (request: IssueRequest) => Promise<Result>
) => Promise<Result>

export interface AttemptsOptions extends AttemptsConfig {
  readonly counts: Counts
  /** The listener and path of the route: each has its own counts. */
  readonly route: string
  /** Called for each rejected attempt, with the exceeded limit. */
  readonly onRejected: (by: 'client' | 'body') => void
}

interface Counted {
  readonly kind: 'client' | 'body'
  readonly name: string
  /** Whether a success resets the count. */
  readonly resets: boolean
}

type Outcome = 'success' | 'refused' | 'undecided'

/** When to try again where attempts in flight use up the limit: most logins take less. */
const IN_FLIGHT_SECONDS = 1

/**
 * Makes the limit. An attempt is counted before it is made, so that attempts at the same time cannot get past the limit. It is taken back
 * where the remote did not decide it.
 */
export function createAttempts(options: AttemptsOptions): Attempt {
  const { by, allow, per: periodMs, count, counts, route, onRejected } = options
  // A client that has used up its attempts does not create counts of names.
  const readers = [...by]
    .sort((one, other) => Number(other === CLIENT) - Number(one === CLIENT))
    .map((text) => createReader(text, route))

  async function enter(counted: readonly Counted[]): Promise<void> {
    for (const [index, { kind, name }] of counted.entries()) {
      const found = await counts.add(name, 1, periodMs)
      if (found.count <= allow) continue
      await Promise.all(counted.slice(0, index + 1).map((one) => takeBack(one)))
      onRejected(kind)
      throw new ServiceError('too_many_attempts', 'Too many attempts.', {
        status: 429,
        reason: kind,
        retryAfter: secondsUntilNext(found)
      })
    }
  }

  /** Attempts in flight may be taken back soon, and then another one is allowed. */
  function secondsUntilNext({ refused, endsInMs }: Count): number {
    const isFinal = count === 'all' || refused >= allow
    return isFinal ? Math.max(1, Math.ceil(endsInMs / 1000)) : IN_FLIGHT_SECONDS
  }

  function takeBack({ name }: Counted): Promise<unknown> {
    return counts.add(name, -1, periodMs)
  }

  /** A success resets the count of its name alone, so that one known password does not reset the address. A count that the store cannot change now expires by itself. */
  async function leave(counted: readonly Counted[], outcome: Outcome): Promise<void> {
    const changes = counted.map((one) => {
      if (outcome === 'refused') return counts.add(one.name, 0, periodMs, 1)
      return outcome === 'success' && one.resets ? counts.clear(one.name) : takeBack(one)
    })
    await Promise.allSettled(changes)
  }

  return async function attempt(request, action) {
    const counted = readers.flatMap((read) => read(request))
    await enter(counted)
    if (count === 'all') return action(request)
    try {
      const result = await action(request)
      await leave(counted, 'success')
      return result
    } catch (error) {
      await leave(counted, isRefusal(error) ? 'refused' : 'undecided')
      throw error
    }
  }
}

/** Whether the remote has rejected the login. With a 429 it has not decided. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ServiceError)) return false
  const { remoteStatus = 0 } = error
  // Otherwise a client could close the connection before the answer, and guess without end.
  if (error.code === 'client_gone') return true
  return remoteStatus >= 400 && remoteStatus < 500 && remoteStatus !== 429
}

function createReader(by: string, route: string): (request: IssueRequest) => readonly Counted[] {
  const nameOf = (value: string) => hash(JSON.stringify([route, by, value]))
  if (by === CLIENT) {
    return ({ client }) => [
      { kind: 'client', name: nameOf(networkOf(client().address)), resets: false }
    ]
  }
  const readNames = createReadNames(parseJsonPath(by.slice(BODY.length)))

  return function readBody(request) {
    const names = readNames(request)
    // Of several names, the remote has accepted one only: the others would be reset by somebody else's password.
    const resets = names.length === 1
    return names.map((name) => ({ kind: 'body', name: nameOf(name), resets }))
  }
}

/** More spellings of a member than any client sends. Each takes a count. */
const MOST_MEMBERS = 10

/** Makes the reader of the names at a path. Many APIs find members without regard to case, so several may be the name that the remote reads. */
function createReadNames(path: JsonPath): (request: IssueRequest) => readonly string[] {
  const rejectTwice = twiceInBody(path)
  const notName = `${formatJsonPath(path)} of the body is not text, a number, true or false`

  return function readNames(request) {
    const json = request.json()
    if (json === undefined) return []
    textAt(json, path, rejectTwice)
    const texts = textsInAnyCase(json, path, MOST_MEMBERS, rejectTwice)
    return [...new Set(texts.map(toName))]
  }

  /**
   * Most login APIs ignore the case of a name, the spaces around it and the spelling of a number, and each spelling would have a count of its own.
   * They may also find a name in a list or an object.
   */
  function toName(text: JsonText): string {
    if (text === 'null' || text.startsWith('{') || text.startsWith('[')) throw invalidClaim(notName)
    const value: string = text.startsWith('"') ? JSON.parse(text) : text
    const name = value.normalize('NFKC').trim().toLowerCase()
    return spellNumber(name) ?? name
  }
}

/** An IPv4 address, or the /64 of an IPv6 address, since a client that has one address of it has them all. Clients without a known address share one text. */
function networkOf(address = 'unknown'): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array(Math.max(0, 8 - groups.length - rest.length)).fill('0')
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':')
}

/** So that the store holds no address and no name. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
