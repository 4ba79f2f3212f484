/** A real redis-server for one test: it can be killed, stopped and emptied. @needs redis-server */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { settled } from './eventually.ts'
import { freePorts } from './free-ports.ts'
import type { Lifetime } from './lifetime.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

export interface TestRedis {
  readonly port: number
  /** Of the bus between the nodes of a Cluster. */
  readonly busPort: number
  /** Ends the process at once. Its data is lost, unless it was started to persist. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port, with the same folder. */
  readonly start: () => Promise<void>
  /** Stops the process (SIGSTOP): connections stay open, without answers. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Sends one command on a connection of its own. */
  readonly command: (name: string, ...args: string[]) => Promise<unknown>
  /** Sends several commands as one transaction. */
  readonly commands: (list: string[][]) => Promise<void>
}

interface RedisOptions {
  /** More arguments of redis-server. Default: it keeps nothing on the disk. */
  args?: string[]
  /** Redis Cluster, of this one node without a slot. */
  cluster?: boolean
  /** Of the default user. */
  password?: string
  /** Lines of a configuration file, for a Sentinel, which writes its state into it. */
  sentinel?: string[]
  /** PEM texts: it speaks TLS then, and nothing else. Servers that replicate each other check by the authority. */
  tls?: { cert: string; key: string; ca?: string }
}

/** Starts a Redis on loopback that ends with the test. */
export async function startRedis(
  t: Lifetime,
  { args = [], cluster = false, password, sentinel, tls }: RedisOptions = {}
): Promise<TestRedis> {
  const folder = await createTemporaryFolder(t)
  const file = join(folder, 'sentinel.conf')
  const [port = 0, bus = 0] = await freePorts(2)
  let server: ChildProcess | undefined

  async function start(): Promise<void> {
    const own = ['--bind', '127.0.0.1', '--dir', folder]
    const kind = sentinel === undefined ? ['--save', ''] : ['--sentinel']
    const listening =
      tls === undefined ? ['--port', String(port)] : ['--port', '0', ...tlsArguments(port, folder)]
    const secret = password === undefined ? [] : ['--requirepass', password]
    // The port of its bus would be that of its clients and 10,000, which another program may have.
    const mode = cluster ? ['--cluster-enabled', 'yes', '--cluster-port', String(bus)] : []
    const all = [...own, ...listening, ...secret, ...mode, ...kind, ...args]
    const child = spawn('redis-server', sentinel === undefined ? all : [file, ...all], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    server = child
    await ready(child, sentinel === undefined ? 'Ready to accept connections' : '+monitor master')
  }

  async function kill(): Promise<void> {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const exit = once(server, 'exit')
    server.kill('SIGKILL')
    await exit
  }

  t.teardown(kill)
  if (tls !== undefined) {
    await writeFile(join(folder, 'cert.pem'), tls.cert)
    await writeFile(join(folder, 'key.pem'), tls.key)
    await writeFile(join(folder, 'ca.pem'), tls.ca ?? tls.cert)
  }
  if (sentinel !== undefined) await writeFile(file, `${sentinel.join('\n')}\n`)
  await start()
  return {
    port,
    busPort: bus,
    kill,
    start,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    command: (name, ...commandArgs) => onConnection((client) => client.call(name, ...commandArgs)),
    commands: (list) =>
      onConnection(async (client) => {
        const results = await client
          .multi(list.map(([name = '', ...args]) => [name.toLowerCase(), ...args]))
          .exec()
        const failed = results?.find(([error]) => error !== null)
        if (failed !== undefined) throw failed[0]
      })
  }

  async function onConnection<Result>(use: (client: Redis) => Promise<Result>): Promise<Result> {
    const client = new Redis({
      port,
      ...(password !== undefined && { password }),
      ...(tls !== undefined && { tls: { rejectUnauthorized: false } })
    })
    try {
      return await use(client)
    } finally {
      client.disconnect()
    }
  }
}

function tlsArguments(port: number, folder: string): string[] {
  const [cert = '', key = '', ca = ''] = ['cert', 'key', 'ca'].map((one) =>
    join(folder, `${one}.pem`)
  )
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', ca]
  const others = ['--tls-auth-clients', 'no', '--tls-replication', 'yes']
  return ['--tls-port', String(port), ...files, ...others]
}

async function ready(child: ChildProcess, line: string): Promise<void> {
  const failed = once(child, 'exit').then(() => {
    throw new Error('redis-server ended before it was ready')
  })
  child.once('error', () => undefined)
  const isReady = (async () => {
    let text = ''
    for await (const chunk of child.stdout ?? []) {
      text += chunk
      if (text.includes(line)) return
    }
  })()
  await settled(Promise.race([isReady, failed]), () => 'redis-server is ready').catch((error) => {
    throw new Error('redis-server does not run: is the Debian package redis-server there?', {
      cause: error
    })
  })
  failed.catch(() => undefined)
  child.stdout?.resume()
}
