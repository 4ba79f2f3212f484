/** The notation of a Redis in `revocation.store`: its address, or the addresses of Sentinels or of nodes of a Cluster. */
import type { StoreTls } from '../store.ts'

/** Where something listens. */
export interface RedisNode {
  readonly host: string
  readonly port: number
}

interface Credentials {
  readonly username?: string | undefined
  readonly password?: string | undefined
}

/** The addresses of Redis, and its credentials. */
export interface RedisAddress extends Credentials {
  /** The kind of nodes: the Redis itself, or several nodes that each know the address of the Redis that takes writes. */
  readonly mode: 'single' | 'sentinel' | 'cluster'
  /** At least one, and with `single` exactly one. */
  readonly nodes: readonly [RedisNode, ...RedisNode[]]
  readonly database: number
  /** With `sentinel`: the name of the Redis at the Sentinels, and their own credentials. */
  readonly sentinel?: SentinelAddress | undefined
  /** TLS, with PEM texts where the certificates of the system are not enough. The certificate of Redis is always verified. */
  readonly tls?: StoreTls | undefined
}

interface SentinelAddress extends Credentials {
  readonly name: string
}

/** An address as it is configured. It is plain data, so that it can be compared and sent to another process. */
export interface RedisStoreSettings extends Omit<RedisAddress, 'tls'> {
  readonly kind: 'redis'
  readonly isTls: boolean
}

/** The notation of a Redis, for documentation and messages. */
export const REDIS_NOTATION =
  'redis://host:6379/0, redis+sentinel://host:26379,host2:26379/name/0, redis+cluster://host:6379,host2:6379 (with TLS rediss://, rediss+sentinel://, rediss+cluster://)'

const PORTS = { single: 6379, sentinel: 26_379, cluster: 6379 } as const
const SCHEME = /^redis(s?)(?:\+(sentinel|cluster))?:\/\//i

/**
 * Reads `redis://user:password@host:6379/0` and its relatives. Other parts of a URL have no meaning here, and are rejected.
 * @returns undefined for a text that is not the address of a Redis
 */
export function parseRedisUrl(text: string): RedisStoreSettings | undefined {
  const [scheme = '', isTls = '', behind = 'single'] = SCHEME.exec(text) ?? []
  const mode = behind.toLowerCase() as RedisAddress['mode']
  const [url, ...others] = scheme === '' ? [] : splitNodes(text.slice(scheme.length))
  if (url === undefined || (mode === 'single' && others.length > 0)) return undefined
  const path = parsePath(mode, url.pathname)
  const [user, ofSentinel] = [credentialsOf(url), parseQuery(url.search)]
  if (path === undefined || user === undefined || ofSentinel === undefined) return undefined
  const { database, name } = path
  if (name === undefined && url.search !== '') return undefined
  return {
    kind: 'redis',
    mode,
    nodes: [nodeOf(url, mode), ...others.map((one) => nodeOf(one, mode))],
    database,
    ...user,
    ...(name !== undefined && { sentinel: { name, ...ofSentinel } }),
    isTls: isTls !== ''
  }
}

function nodeOf({ hostname, port }: URL, mode: RedisAddress['mode']): RedisNode {
  const host = hostname.replace(/^\[|\]$/g, '')
  return { host, port: port === '' ? PORTS[mode] : Number(port) }
}

/** A URL has one host: each of several hosts gets its own URL, with all the rest. None where one of them is not a URL. */
function splitNodes(text: string): URL[] {
  const end = text.search(/[/?#]|$/)
  const userEnd = text.lastIndexOf('@', end) + 1
  const [user, hosts, rest] = [text.slice(0, userEnd), text.slice(userEnd, end), text.slice(end)]
  const urls = hosts.split(',').map((host) => `redis://${user}${host}${rest}`)
  if (!urls.every((one) => URL.canParse(one))) return []
  const parsed = urls.map((one) => new URL(one))
  return parsed.every(({ hostname, hash }) => hostname !== '' && hash === '') ? parsed : []
}

/** A Cluster has only database 0. */
const PATHS = {
  single: /^\/?(?<database>\d{0,3})$/,
  sentinel: /^\/(?<name>[\w.-]+)\/?(?<database>(?<=\/)\d{0,3})?$/,
  cluster: /^\/?(?<database>0?)$/
} as const

function parsePath(mode: RedisAddress['mode'], path: string) {
  const found = PATHS[mode].exec(path)?.groups
  if (found === undefined) return undefined
  return { database: Number(found.database ?? 0), name: found.name }
}

function credentialsOf(url: URL): Credentials | undefined {
  const [username, password] = [decodePart(url.username), decodePart(url.password)]
  if (username === undefined || password === undefined) return undefined
  return { username: orNone(username), password: orNone(password) }
}

const QUERY: Readonly<Record<string, keyof Credentials>> = {
  sentinelUsername: 'username',
  sentinelPassword: 'password'
}

/** Each parameter at most once. A plus sign is a plus sign, as elsewhere in the URL. */
function parseQuery(query: string): Credentials | undefined {
  const found = new Map<string, string>()
  for (const part of query.slice(1).split('&').filter(Boolean)) {
    const [name = '', value = ''] = part.split(/=(.*)/s)
    const [key, text] = [Object.hasOwn(QUERY, name) ? QUERY[name] : undefined, decodePart(value)]
    if (key === undefined || text === undefined || found.has(key)) return undefined
    found.set(key, text)
  }
  return { username: orNone(found.get('username')), password: orNone(found.get('password')) }
}

function orNone(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

/** The address for people: without users and passwords. */
export function showAddress({ mode, nodes, sentinel, isTls }: RedisStoreSettings): string {
  const scheme = `redis${isTls ? 's' : ''}${mode === 'single' ? '' : `+${mode}`}`
  return `${scheme}://${nodes.map(showNode).join(',')}${sentinel === undefined ? '' : `/${sentinel.name}`}`
}

export function showNode({ host, port }: RedisNode): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
