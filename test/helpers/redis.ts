/** A real redis-server of the test's own: it can be killed, stopped in its tracks, and emptied. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { Redis } from 'ioredis'
import { settled } from './eventually.ts'
import { freePorts } from './free-ports.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

export interface TestRedis {
  readonly port: number
  /** Ends the process at once. What it held is gone, unless it was started to persist. */
  readonly kill: () => Promise<void>
  /** Starts it again on the same port, with the same folder. */
  readonly start: () => Promise<void>
  /** Stops the process where it is (SIGSTOP): connections stay open, and nobody answers. */
  readonly freeze: () => void
  readonly thaw: () => void
  /** Sends one command on a connection of its own. */
  readonly command: (name: string, ...args: string[]) => Promise<unknown>
}

interface RedisOptions {
  /** More arguments of redis-server. Default: it keeps nothing on the disk. */
  args?: string[]
  password?: string
  /** PEM texts: it speaks TLS then, and nothing else. */
  tls?: { cert: string; key: string }
}

/** Starts a Redis on loopback that ends with the test. */
export async function startRedis(
  t: ExecutionContext,
  { args = [], password, tls }: RedisOptions = {}
): Promise<TestRedis> {
  const folder = await createTemporaryFolder(t)
  const [port = 0] = await freePorts(1)
  let server: ChildProcess | undefined

  async function start(): Promise<void> {
    const own = ['--bind', '127.0.0.1', '--dir', folder, '--save', '']
    const listening =
      tls === undefined ? ['--port', String(port)] : ['--port', '0', ...tlsArguments(port, folder)]
    const secret = password === undefined ? [] : ['--requirepass', password]
    const child = spawn('redis-server', [...own, ...listening, ...secret, ...args], {
      stdio: ['ignore', 'pipe', 'inherit']
    })
    server = child
    await ready(child)
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
  }
  await start()
  return {
    port,
    kill,
    start,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    async command(name, ...commandArgs) {
      const client = new Redis({ port, ...(password !== undefined && { password }) })
      try {
        return await client.call(name, ...commandArgs)
      } finally {
        client.disconnect()
      }
    }
  }
}

function tlsArguments(port: number, folder: string): string[] {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
  return ['--tls-port', String(port), ...files, '--tls-auth-clients', 'no']
}

async function ready(child: ChildProcess): Promise<void> {
  const failed = once(child, 'exit').then(() => {
    throw new Error('redis-server ended before it was ready')
  })
  child.once('error', () => undefined)
  const isReady = (async () => {
    let text = ''
    for await (const chunk of child.stdout ?? []) {
      text += chunk
      if (text.includes('Ready to accept connections')) return
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
