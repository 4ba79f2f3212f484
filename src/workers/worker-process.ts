/** One worker as a process: starts it, calls it, passes on its log lines, and notices its end. */
import type { ChildProcess } from 'node:child_process'
import cluster from 'node:cluster'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { WORKER_VARIABLE } from '../worker-variable.ts'
import type { PrimaryCalls, WorkerCalls } from './calls.ts'
import { type Channel, createChannel, type Handlers } from './channel.ts'
import { noteConnections } from './untaken-connections.ts'

/** A worker has ended. The message names its exit code or signal. */
class WorkerError extends Error {
  override readonly name = 'WorkerError'
}

export interface WorkerProcess {
  readonly number: number
  readonly call: Channel<WorkerCalls>['call']
  /** Resolves once it can be called, or has ended: a call that comes earlier is lost. */
  readonly joined: Promise<void>
  /** Resolves once the process has ended and all its lines were passed on. */
  readonly ended: Promise<WorkerEnd>
  /** Whether it has received all connections that were passed to it. */
  readonly hasTakenAll: () => boolean
  /** Lets it write out its last lines and end. */
  readonly end: () => void
  /** Ends it at once. */
  readonly kill: () => void
}

interface WorkerEnd {
  readonly code: number | null
  readonly signal: string | null
}

export interface WorkerProcessOptions {
  readonly number: number
  readonly handlers: Handlers<Omit<PrimaryCalls, 'joined'>>
  /** Takes whole lines of its standard output. */
  readonly passOn: (lines: string) => void
  /** Called as soon as the process has ended, before the calls to it are given up. */
  readonly onEnd: () => void
}

/** Sets how workers are started: as this program was, with standard output to the primary. To be called once. */
export async function prepareWorkers(): Promise<void> {
  const stdio = ['ignore', 'pipe', 'inherit', 'ipc'] as const
  const { isSea } = await import('node:sea')
  cluster.setupPrimary({
    stdio: [...stdio],
    // A program that contains its Node.js has no JavaScript file: the first argument would be one too many.
    ...(isSea() && { exec: 'serve', args: [] })
  })
}

export function startWorkerProcess(options: WorkerProcessOptions): WorkerProcess {
  const { number, handlers, passOn, onEnd } = options
  const worker = cluster.fork({ [WORKER_VARIABLE]: String(number) })
  const { process: child } = worker
  // A message that it no longer gets is an error too, before its end.
  worker.on('error', () => {})
  const untaken = noteConnections(child)
  const written = child.stdout === null ? undefined : passLinesOn(child.stdout, passOn)
  let join = (): void => {}
  const joined = new Promise<void>((resolve) => {
    join = resolve
  })
  const channel = createChannel<WorkerCalls, PrimaryCalls>(
    {
      // A message to a worker that has just ended is lost with it.
      send: (message) => void worker.send(message, () => {}),
      onMessage: (listener) => void worker.on('message', listener)
    },
    { ...handlers, joined: () => join() }
  )

  async function waitForEnd(): Promise<WorkerEnd> {
    const { code, signal } = await endOf(child)
    onEnd()
    untaken.close()
    channel.close(new WorkerError(`worker ${number} has ended (${signal ?? `exit code ${code}`})`))
    join()
    await written
    return { code, signal }
  }

  return {
    number,
    joined,
    call: channel.call,
    ended: waitForEnd(),
    hasTakenAll: () => untaken.count() === 0,
    end() {
      if (child.connected) child.disconnect()
    },
    kill: () => void child.kill('SIGKILL')
  }
}

/** Waits for the end of a process, also of one that could not be started. */
function endOf(child: ChildProcess): Promise<WorkerEnd> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
    child.on('error', ({ code }: NodeJS.ErrnoException) => {
      if (child.pid === undefined) resolve({ code: null, signal: code ?? 'not started' })
    })
  })
}

/** Cuts the output of a process into whole lines. An unfinished line is not passed on. */
async function passLinesOn(stream: Readable, passOn: (lines: string) => void): Promise<void> {
  let rest: Buffer[] = []
  stream.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf('\n') + 1
    if (end === 0) {
      rest.push(chunk)
      return
    }
    const whole = Buffer.concat([...rest, chunk.subarray(0, end)])
    rest = end === chunk.length ? [] : [chunk.subarray(end)]
    passOn(whole.toString())
  })
  await once(stream, 'close')
}
