/** Measures the built program against bare reference programs. See README.md beside this file. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startOnFreePort } from './child-process.ts'
import { type Figures, type MeasureOptions, measure } from './measure.ts'
import { type Options, parseOptions } from './options.ts'
import { createPlacement } from './placement.ts'
import { assertAccounting } from './process-usage.ts'
import { formatBudgets, formatScenario } from './report.ts'
import type { Bench, Scenario } from './scenario.ts'
import { createBesideIssuingScenario } from './scenarios/beside-issuing.ts'
import { createCheckKnownTokenScenario, createCheckTokenScenario } from './scenarios/check-token.ts'
import { createGetTokenScenario } from './scenarios/get-token.ts'
import { buildPrograms, prepareBareServer } from './servers.ts'
import { judge, type ScenarioSummary, summarize } from './summary.ts'

const BUSY_LOAD = 0.5

const scenarioCreators: Readonly<Record<string, (bench: Bench) => Scenario>> = {
  'get-token': createGetTokenScenario,
  'check-token': createCheckTokenScenario,
  'check-known-token': createCheckKnownTokenScenario,
  'beside-issuing': createBesideIssuingScenario
}

const options = parseOptions(process.argv.slice(2), Object.keys(scenarioCreators))
assertAccounting()
const [loadAverage = 0] = loadavg()
if (loadAverage > BUSY_LOAD) print(`The machine is busy (load ${loadAverage}), expect noise.\n`)
await buildPrograms()
const folder = mkdtempSync(join(tmpdir(), 'txtoken-bench-'))
try {
  await runBench(options, folder)
} finally {
  rmSync(folder, { recursive: true })
}

async function runBench({ rounds, seconds, only, output }: Options, folder: string): Promise<void> {
  const measuring = { seconds, placement: createPlacement() }
  const remoteServer = await startOnFreePort(
    (port) => prepareBareServer('remote', port),
    measuring.placement.others
  )
  const remoteUrl = `http://127.0.0.1:${remoteServer.port}/login`
  const summaries: ScenarioSummary[] = []
  try {
    for (const [name, createScenario] of Object.entries(scenarioCreators)) {
      if (!only.includes(name)) continue
      const scenario = createScenario({ folder, secret: 's'.repeat(40), remoteUrl })
      const summary = summarize(name, scenario, await runRounds(scenario, rounds, measuring))
      print(`${formatScenario(summary)}\n`)
      summaries.push(summary)
    }
  } finally {
    await remoteServer.stop()
  }
  const budgets = judge(summaries)
  print(formatBudgets(budgets))
  const results = { ...describeRun(rounds, seconds), budgets, scenarios: summaries }
  mkdirSync(dirname(output), { recursive: true })
  writeFileSync(output, `${JSON.stringify(results, null, 2)}\n`)
}

/** Measures the two variants in turn, so that a change of the machine's mood meets both. */
async function runRounds(
  { variants: [first, second] }: Scenario,
  rounds: number,
  measuring: MeasureOptions
): Promise<[Figures[], Figures[]]> {
  const firsts: Figures[] = []
  const seconds: Figures[] = []
  for (let round = 0; round < rounds; round += 1) {
    firsts.push(await measure(first, measuring))
    seconds.push(await measure(second, measuring))
  }
  return [firsts, seconds]
}

function describeRun(rounds: number, seconds: number) {
  const [cpu] = cpus()
  return {
    date: new Date().toISOString(),
    node: process.version,
    cpu: { model: cpu?.model, count: cpus().length },
    rounds,
    seconds
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
