/** Real proxies, run as processes: nginx, Envoy, Caddy, HAProxy. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { eventually } from './eventually.ts'
import { isListening } from './is-listening.ts'
import type { Lifetime } from './lifetime.ts'

export interface ProxyCommand {
  readonly command: string
  readonly args: readonly string[]
  /** Its working folder, and its home. */
  readonly folder: string
  /** Where it listens. */
  readonly port: number
}

/**
 * Starts a proxy, and waits until it listens on the port. It ends with the test.
 * @returns its output on standard error
 */
export async function startProxy(
  t: Lifetime,
  { command, args, folder, port }: ProxyCommand
): Promise<() => string> {
  const proxy = spawn(command, args, {
    cwd: folder,
    env: { PATH: `${process.env.PATH}:/usr/sbin`, HOME: folder },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  let complaints = ''
  proxy.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text
  })
  await spawned(
    proxy,
    `${command} is not installed, and this test needs it: apt-get install ${command}`
  )
  const closed = once(proxy, 'close')
  t.teardown(async () => {
    proxy.kill('SIGKILL')
    await closed
  })
  await eventually(() => {
    if (proxy.exitCode !== null) throw new Error(`${command} ended: ${complaints}`)
    return isListening(port)
  }, 20)
  return () => complaints
}

async function spawned(proxy: ChildProcess, missing: string): Promise<void> {
  await once(proxy, 'spawn').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new Error(missing) : error
  })
}
