/** Starts, awaits and stops the processes of the bench. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

const HOST = '127.0.0.1'
const POLL_INTERVAL_MS = 2
const READY_TIMEOUT_MS = 30_000
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

/** A running server. */
export interface Server {
  readonly pid: number
  readonly host: string
  readonly port: number
  /** NaN where the bench did not start it. */
  readonly startToReadySeconds: number
  readonly stop: () => Promise<void>
}

/**
 * Starts a server and waits until it is ready. Its log is read and thrown away, as a container runtime would
 * read it: a file would bill the server for the file system, /dev/null would take the lines for nothing.
 * @param node the command line before the file
 * @throws Error when it ends or is not ready in time
 */
async function startServer(command: ServerCommand, node: readonly string[]): Promise<Server> {
  const startedAt = performance.now()
  const child = spawnCommand([...node, command.file], {
    env: { ...process.env, NODE_ENV: 'production', ...command.env },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  child.stdout?.resume()
  const stop = () => stopProcess(child)
  try {
    await waitUntilReady(child, command)
    const startToReadySeconds = (performance.now() - startedAt) / 1000
    return { pid: pidOf(child), host: HOST, port: command.port, startToReadySeconds, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Another program may take a free port before it is used. */
const START_ATTEMPTS = 3

/**
 * Starts a server on a free port, or on the given one.
 * @throws Error when it does not start on any of the ports that were tried
 */
export async function startOnFreePort(
  prepare: (port: number) => ServerCommand,
  node: readonly string[],
  fixedPort?: number
): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const port = fixedPort ?? (await findFreePort())
    try {
      return await startServer(prepare(port), node)
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error
    }
  }
}

/**
 * Runs a program to its end.
 * @param input its standard input
 * @returns its standard output
 * @throws Error when its exit code is not 0
 */
export async function runProgram(command: readonly string[], input = '') {
  const child = spawnCommand(command, { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin?.end(input)
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command.join(' ')} ended with exit code ${code}`)
  return Buffer.concat(chunks).toString()
}

/** A port that is free on loopback now. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, HOST)
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('No port was given')
  return address.port
}

function spawnCommand(
  [command = process.execPath, ...args]: readonly string[],
  options: Parameters<typeof spawn>[2]
): ChildProcess {
  return spawn(command, args, options)
}

async function waitUntilReady(child: ChildProcess, command: ServerCommand): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS
  while ((await readStatus(command.port)) !== command.readyStatus) {
    if (hasEnded(child)) throw new Error(`${command.file} ended before it was ready`)
    if (performance.now() > deadline) throw new Error(`${command.file} was not ready in time`)
    await delay(POLL_INTERVAL_MS)
  }
}

/** The status of GET /readyz, or undefined without an answer. */
function readStatus(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const options = { host: HOST, port, path: '/readyz', agent: false }
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
