/** The command line of the bench. */
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

export interface Options {
  readonly rounds: number
  /** How long each run measures. Half as long again goes to its warm-up. */
  readonly seconds: number
  /** Names of the scenarios to run. */
  readonly only: readonly string[]
  /** Where the results go as JSON. */
  readonly output: string
}

/**
 * @param scenarios the names of all scenarios, which are run where none is asked for
 * @throws TypeError or RangeError on an option that is unknown or out of range
 */
export function parseOptions(args: readonly string[], scenarios: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '5' },
      only: { type: 'string', multiple: true, default: [...scenarios] },
      output: {
        type: 'string',
        default: fileURLToPath(new URL('results/latest.json', import.meta.url))
      }
    }
  })
  const unknown = values.only.find((name) => !scenarios.includes(name))
  if (unknown !== undefined) {
    throw new RangeError(`--only is ${unknown}, expected one of ${scenarios.join(', ')}`)
  }
  return {
    rounds: parseCount('rounds', values.rounds),
    seconds: parseCount('seconds', values.seconds),
    only: values.only,
    output: values.output
  }
}

function parseCount(name: string, text: string): number {
  const count = Number(text)
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`--${name} is ${text}, expected a whole number of at least 1`)
  }
  return count
}
