/** The command line of the bench. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Peer } from './scenarios/against.ts'

const LATEST_RESULTS = fileURLToPath(new URL('results/latest.json', import.meta.url))

export interface Options {
  readonly rounds: number
  /** How long each run measures. Half as long again goes to its warm-up. */
  readonly seconds: number
  /** Names of the experiments to run. */
  readonly only: readonly string[]
  /** Where the results are written as JSON. Results of a partial bench are written only if this is given. */
  readonly output?: string
  /** Where the tables are written as Markdown. */
  readonly markdown?: string
  /** The Node.js that the measured programs run on. */
  readonly node: string
  /** A running program, which alone is measured beside the built one. */
  readonly peer?: Peer
  /** Where the remote listens; any free port by default. */
  readonly remotePort?: number
}

/**
 * @param groups names of groups of experiments, each with the names in it; the first is the default
 * @throws TypeError or RangeError on an option that is unknown or out of range
 */
export function parseOptions(
  args: readonly string[],
  groups: Readonly<Record<string, readonly string[]>>
): Options {
  const names = Object.values(groups).flat()
  const [firstGroup = ''] = Object.keys(groups)
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '7' },
      seconds: { type: 'string', default: '5' },
      only: { type: 'string', multiple: true },
      output: { type: 'string' },
      markdown: { type: 'string' },
      node: { type: 'string', default: process.execPath },
      against: { type: 'string' },
      pid: { type: 'string' },
      name: { type: 'string', default: 'peer' },
      rate: { type: 'string', default: '1000' },
      'remote-port': { type: 'string' }
    }
  })
  const { only = [firstGroup] } = values
  const unknown = only.find((name) => !names.includes(name) && !(name in groups))
  if (unknown !== undefined) {
    const known = [...Object.keys(groups), ...names].join(', ')
    throw new RangeError(`--only is ${unknown}, expected one of ${known}`)
  }
  const { markdown, against, 'remote-port': remotePort } = values
  const isWhole = values.only === undefined && against === undefined
  const output = values.output ?? (isWhole ? LATEST_RESULTS : undefined)
  return {
    rounds: parseCount('rounds', values.rounds),
    seconds: parseCount('seconds', values.seconds),
    only: only.flatMap((name) => groups[name] ?? [name]),
    ...(output !== undefined && { output }),
    ...(markdown !== undefined && { markdown }),
    node: values.node,
    ...(against !== undefined && {
      peer: {
        name: values.name,
        url: new URL(against),
        pid: parseCount('pid', values.pid ?? 'missing'),
        rate: parseCount('rate', values.rate)
      }
    }),
    ...(remotePort !== undefined && { remotePort: parseCount('remote-port', remotePort) })
  }
}

function parseCount(name: string, text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`--${name} is ${text}, expected a whole number of at least 1`)
  }
  return count
}
