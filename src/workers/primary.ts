/** Runs the service in several processes: starts the workers, replaces ended ones, and keeps all of them in the same state. */
import { setTimeout as wait } from 'node:timers/promises'
import type { RecordedConfig } from '../config/recorded-texts.ts'
import { startUnreferencedTimer } from '../keys/timer.ts'
import type { Logger } from '../operations/logger.ts'
import type { Ports } from '../server/instance.ts'
import { warnOfRestart } from '../server/restart.ts'
import { noteAccepting } from './accepting.ts'
import { ACT_WITHIN_MS, BUILD_WITHIN_MS, commitAll, prepareAll, stopAll } from './all-workers.ts'
import type { ConfigInput } from './calls.ts'
import { createMetricsHub } from './metrics-hub.ts'
import { createStoreHub } from './store-hub.ts'
import { prepareWorkers, startWorkerProcess, type WorkerProcess } from './worker-process.ts'

export interface WorkersOptions {
  readonly count: number
  /** The configuration file, as the user named it. */
  readonly file: string
  /** The configuration to start with. */
  readonly first: RecordedConfig
  /** Reloads it. */
  readonly load: () => RecordedConfig
  readonly logger: Logger
  /** Receives whole lines of the workers' logs. */
  readonly passOn: (lines: string) => void
}

export interface Workers {
  readonly ports: Ports
  /** Swaps in a new configuration in all workers, or keeps the old one in all of them and logs why. */
  readonly reload: () => Promise<void>
  /** Stops all workers, and returns whether all requests ended in time. */
  readonly stop: () => Promise<boolean>
}

/** The pause before a worker that has ended is started again. It doubles, until one has run for the longest. */
const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000

/** @throws the error of the first worker that cannot start */
export async function startWorkers(options: WorkersOptions): Promise<Workers> {
  const { count, file, first, load, logger, passOn } = options
  const metrics = createMetricsHub()
  const stores = createStoreHub({
    now: Date.now,
    startTimer: startUnreferencedTimer,
    log: logger,
    report: metrics.records
  })
  const accepting = noteAccepting()
  const running = new Set<WorkerProcess>()
  /** The workers that answer. */
  const ready = new Set<WorkerProcess>()
  let { loaded } = first
  const firstInput: ConfigInput = { file, texts: first.texts }
  let input = firstInput
  let isStopping = false
  let lastTurn: Promise<unknown> = Promise.resolve()

  /** Starts and reloads take turns, so that no worker starts with a configuration that the others have just left. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = lastTurn.then(work)
    lastTurn = done.catch(() => undefined)
    return done
  }

  async function stopAccepting(): Promise<void> {
    await accepting.stop(() => Array.from(running).every((worker) => worker.hasTakenAll()))
  }

  function launch(number: number): WorkerProcess {
    const { leave, ...storeCalls } = stores.join({
      revoked: (handle, revocations) =>
        worker.call('revoked', { handle, revocations }, ACT_WITHIN_MS)
    })
    const worker = startWorkerProcess({
      number,
      passOn,
      handlers: { ...storeCalls, metrics: metrics.expose, stopAccepting },
      onEnd() {
        running.delete(worker)
        ready.delete(worker)
        metrics.ready(ready.size)
        metrics.leave(worker)
        leave()
      }
    })
    running.add(worker)
    return worker
  }

  async function build(worker: WorkerProcess, withinMs?: number): Promise<void> {
    await worker.joined
    // Only now, or a page of metrics would wait for a worker that cannot answer yet.
    if (running.has(worker)) metrics.join(worker)
    const start = { current: input, first: input === firstInput ? undefined : firstInput }
    await worker.call('start', start, withinMs)
  }

  async function setReady(worker: WorkerProcess): Promise<void> {
    await worker.call('ready', null)
    ready.add(worker)
    metrics.ready(ready.size)
  }

  async function startAll(): Promise<Ports> {
    const workers = Array.from({ length: count }, (_, index) => launch(index + 1))
    const [chooser, ...others] = workers
    if (chooser === undefined) throw new RangeError('expected at least one worker')
    try {
      await Promise.all(workers.map((worker) => build(worker)))
      // One before the others: where the system chooses the port, the others use the same.
      const chosen = await chooser.call('listen', {})
      await Promise.all(others.map((worker) => worker.call('listen', {})))
      await Promise.all(workers.map(setReady))
      for (const worker of workers) void keepRunning(worker.number, worker)
      return chosen
    } catch (error) {
      isStopping = true
      for (const worker of workers) worker.kill()
      await Promise.all(workers.map(({ ended }) => ended))
      throw error
    }
  }

  /** @returns undefined where it did not start, which is logged */
  async function startAgain(number: number): Promise<WorkerProcess | undefined> {
    if (isStopping) return undefined
    metrics.restarted(number)
    const worker = launch(number)
    try {
      await build(worker, BUILD_WITHIN_MS)
      // While others listen, Node.js shares their port, also one chosen by the system. After the last one it is free, and has to be given.
      await worker.call('listen', ready.size > 0 ? {} : ports, ACT_WITHIN_MS)
      await setReady(worker)
      logger.info({ worker: number }, 'worker started again')
      return worker
    } catch (error) {
      worker.kill()
      await worker.ended
      if (!isStopping) {
        logger.error({ worker: number, error: (error as Error).message }, 'worker not started')
      }
      return undefined
    }
  }

  async function keepRunning(number: number, started: WorkerProcess): Promise<void> {
    let worker: WorkerProcess | undefined = started
    let pauseMs = FIRST_PAUSE_MS
    while (!isStopping) {
      if (worker !== undefined) {
        const startedAt = performance.now()
        const { code, signal } = await worker.ended
        if (isStopping) return
        if (performance.now() - startedAt > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS
        logger.error({ worker: number, code, signal, pauseMs }, 'worker ended')
      }
      await wait(pauseMs)
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
      worker = await inTurn(() => startAgain(number))
    }
  }

  async function swap(): Promise<void> {
    if (isStopping) return
    const previous = loaded
    const workers = [...ready]
    try {
      const next = load()
      const nextInput = { file, texts: next.texts }
      await prepareAll(workers, nextInput, (worker) => running.has(worker))
      loaded = next.loaded
      input = nextInput
    } catch (error) {
      metrics.configReloaded('failed')
      logger.error(
        { error: (error as Error).message },
        'configuration not reloaded, the old one stays'
      )
      return
    }
    stores.keep(loaded.config.revocation?.store)
    await commitAll(workers)
    metrics.configReloaded('ok')
    logger.level = loaded.config.log.level
    logger.info({}, 'configuration reloaded')
    warnOfRestart(logger, previous, loaded)
  }

  // At a second signal, or an error of its own: a worker that is stuck would not notice that the primary has ended.
  process.once('exit', () => {
    for (const worker of running) worker.kill()
  })
  stores.keep(loaded.config.revocation?.store)
  await prepareWorkers()
  const ports = await startAll()

  return {
    ports,
    reload: () => inTurn(swap),
    async stop() {
      isStopping = true
      for (const worker of running) if (!ready.has(worker)) worker.kill()
      const { drain, shutdown } = first.loaded.config.timeouts
      const inTime = await stopAll([...ready], drain + shutdown)
      await stores.close()
      return inTime
    }
  }
}
