/** Which processors the measured server and everything around it run on, and by which Node.js. */
import { spawnSync } from 'node:child_process'
import { readAllowedCpus } from './process-usage.ts'

/** Words of a command line, up to and including node. */
export interface Placement {
  /** The measured server, on a processor of its own. */
  readonly server: readonly string[]
  /** A measured server of several processes, on all processors. */
  readonly spread: readonly string[]
  /** Load generator and remote. */
  readonly others: readonly string[]
}

/**
 * The last processor for the server alone, the rest for the load. Nothing is pinned on one processor or without taskset.
 * @param node the Node.js that the measured servers run on
 */
export function createPlacement(node: string): Placement {
  const cpus = readAllowedCpus()
  const hasTaskset = spawnSync('taskset', ['--version']).status === 0
  const pin = (list: readonly number[]) =>
    hasTaskset && cpus.length > 1 ? ['taskset', '--cpu-list', list.join(',')] : []
  return {
    server: [...pin(cpus.slice(-1)), node],
    spread: [node],
    others: [...pin(cpus.slice(0, -1)), process.execPath]
  }
}
