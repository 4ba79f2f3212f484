/** Which processors the measured server and everything around it run on. */
import { spawnSync } from 'node:child_process'
import { readAllowedCpus } from './process-usage.ts'

/** Words to put before a command so that it runs where it should; empty where nothing is pinned. */
export interface Placement {
  readonly server: readonly string[]
  readonly others: readonly string[]
}

/** The last processor for the server alone, the rest for the load. Nothing is pinned on one processor or without taskset. */
export function createPlacement(): Placement {
  const cpus = readAllowedCpus()
  const serverCpu = cpus.at(-1)
  const hasTaskset = spawnSync('taskset', ['--version']).status === 0
  if (!hasTaskset || serverCpu === undefined || cpus.length < 2) return { server: [], others: [] }
  return {
    server: ['taskset', '--cpu-list', String(serverCpu)],
    others: ['taskset', '--cpu-list', cpus.slice(0, -1).join(',')]
  }
}
