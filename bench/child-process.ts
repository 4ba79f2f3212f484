/** Starts, awaits and stops the processes of the bench. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const POLL_INTERVAL_MS = 2
const READY_TIMEOUT_MS = 10_000
const STOP_TIMEOUT_MS = 10_000

/** How to start a server of the bench. */
export interface ServerCommand {
  /** The file that node runs. */
  readonly file: string
  readonly port: number
  readonly env: Readonly<Record<string, string>>
  /** The status that GET /readyz has once the server is ready. */
  readonly readyStatus: number
}

export interface Server {
  readonly pid: number
  readonly startToReadySeconds: number
  readonly stop: () => Promise<void>
}

/**
 * Starts a server and waits until it is ready. What it logs is read and thrown away, as a container runtime would
 * read it: a file would bill the server for the file system, /dev/null would take the lines for nothing.
 * @param prefix words before the command, such as `taskset`
 * @throws Error when it ends or is not ready in time
 */
async function startServer(command: ServerCommand, prefix: readonly string[]): Promise<Server> {
  const startedAt = performance.now()
  const child = spawnNode(prefix, [command.file], {
    env: { ...process.env, NODE_ENV: 'production', ...command.env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  child.stdout?.resume()
  const stop = () => stopProcess(child)
  try {
    await waitUntilReady(child, command)
    const startToReadySeconds = (performance.now() - startedAt) / 1000
    return { pid: pidOf(child), startToReadySeconds, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Another program may take a port between the look for it and its use. */
const START_ATTEMPTS = 3

/**
 * Starts a server on a port that is free.
 * @throws Error when it does not start on any of the ports that were tried
 */
export async function startOnFreePort(
  prepare: (port: number) => ServerCommand,
  prefix: readonly string[]
): Promise<Server & { readonly port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort()
    try {
      return { ...(await startServer(prepare(port), prefix)), port }
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error
    }
  }
}

/**
 * Runs a program to its end.
 * @returns what it wrote to standard output
 * @throws Error when its exit code is not 0
 */
export async function runProgram(prefix: readonly string[], args: readonly string[]) {
  const child = spawnNode(prefix, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${args[0]} ended with exit code ${code}`)
  return Buffer.concat(chunks).toString()
}

/** A port that is free on loopback right now. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('No port was given')
  return address.port
}

function spawnNode(
  prefix: readonly string[],
  args: readonly string[],
  options: Parameters<typeof spawn>[2]
): ChildProcess {
  const [command = process.execPath, ...rest] = [...prefix, process.execPath, ...args]
  return spawn(command, rest, options)
}

async function waitUntilReady(child: ChildProcess, command: ServerCommand): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while ((await readStatus(command.port)) !== command.readyStatus) {
    if (hasEnded(child)) throw new Error(`${command.file} ended before it was ready`)
    if (performance.now() > deadline) throw new Error(`${command.file} was not ready in time`)
    await delay(POLL_INTERVAL_MS)
  }
}

/** The status of GET /readyz, or undefined when nobody answers. */
function readStatus(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/readyz', agent: false }
    get(options, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
      response.on('error', () => resolve(undefined))
    }).on('error', () => resolve(undefined))
  })
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
  clearTimeout(timer)
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('The process did not start')
  return child.pid
}
