/** One connection to Redis, from its first byte to its last: what is lost is replaced by a new one, never mended. */
import { Redis } from 'ioredis'

/** Where Redis is, and what it asks for. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly database: number
  readonly username?: string | undefined
  readonly password?: string | undefined
  /** TLS, with PEM texts where the system's own do not do. The certificate of Redis is always verified. */
  readonly tls?:
    | {
        readonly ca?: string | undefined
        readonly cert?: string | undefined
        readonly key?: string | undefined
      }
    | undefined
}

/** What Redis has not answered by then counts as failed. */
const ANSWER_LIMIT_MS = 1000

/**
 * Connects, and waits until Redis answers.
 * @param ending ends the connection, whatever it is doing
 * @throws Error that says what is wrong, without a secret
 */
export async function connectToRedis(address: RedisAddress, ending: AbortSignal): Promise<Redis> {
  const { host, port, database, username, password, tls } = address
  const client = new Redis({
    host,
    port,
    db: database,
    // Subscribing and asking over one connection takes RESP3, which Redis has from version 6 on.
    protocol: 3,
    disableClientInfo: true,
    connectionName: 'txtoken',
    lazyConnect: true,
    connectTimeout: ANSWER_LIMIT_MS,
    commandTimeout: ANSWER_LIMIT_MS,
    // A command that may have been carried out is not sent twice, and none waits for a connection to come.
    retryStrategy: null,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls: { ...tls, rejectUnauthorized: true } })
  })
  let failure: Error | undefined
  client.on('error', (error: Error) => {
    failure = error
  })
  const disconnect = () => client.disconnect()
  ending.addEventListener('abort', disconnect)
  client.once('end', () => ending.removeEventListener('abort', disconnect))
  const giveUp = setTimeout(disconnect, 2 * ANSWER_LIMIT_MS)
  try {
    await client.connect()
    return client
  } catch (error) {
    client.disconnect()
    throw failure ?? error
  } finally {
    clearTimeout(giveUp)
  }
}
