/** Measures the built program beside other programs. See README.md beside this file. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { compare } from './compare.ts'
import { draw } from './curve.ts'
import {
  createKeysCurve,
  createRevokedTokensCurve,
  createRoutesCurve
} from './curves/check-token.ts'
import { measureColdStart } from './curves/cold-start.ts'
import {
  createConnectionsCurve,
  createReplySizeCurve,
  createSlowRemoteCurve
} from './curves/get-token.ts'
import { type Experiment, keepWorst, type Outcome } from './experiment.ts'
import { type Options, parseOptions } from './options.ts'
import { createPlacement } from './placement.ts'
import { assertAccounting } from './process-usage.ts'
import { formatBudgets, formatMarkdown, formatTable } from './report.ts'
import { createCheckTokenAgainst, createGetTokenAgainst, type Peer } from './scenarios/against.ts'
import { createBesideIssuingScenario } from './scenarios/beside-issuing.ts'
import { measureBodies } from './scenarios/bodies.ts'
import { createCheckKnownTokenScenario, createCheckTokenScenario } from './scenarios/check-token.ts'
import { createGetTokenScenario } from './scenarios/get-token.ts'
import { measureOverload } from './scenarios/overload.ts'
import { createSmallMemoryScenario } from './scenarios/small-memory.ts'
import { measureStarts } from './scenarios/start.ts'
import { createWorkersScenario } from './scenarios/workers.ts'
import { buildPrograms, startRemote } from './servers.ts'

const BUSY_LOAD = 0.5

/** The scenarios with budgets. */
const budgetExperiments: Readonly<Record<string, Experiment>> = {
  'get-token': compare(createGetTokenScenario),
  'check-token': compare(createCheckTokenScenario),
  'check-known-token': compare(createCheckKnownTokenScenario),
  'beside-issuing': compare(createBesideIssuingScenario),
  start: measureStarts,
  'small-memory': compare(createSmallMemoryScenario),
  workers: compare(createWorkersScenario),
  bodies: measureBodies
}

/** How cost grows. They take longer than the budgets, and run only on request. */
const curveExperiments: Readonly<Record<string, Experiment>> = {
  'reply-size': draw(createReplySizeCurve),
  connections: draw(createConnectionsCurve),
  'slow-remote': draw(createSlowRemoteCurve),
  keys: draw(createKeysCurve),
  routes: draw(createRoutesCurve),
  'revoked-tokens': draw(createRevokedTokensCurve),
  'cold-start': measureColdStart,
  overload: measureOverload
}

const experiments = { ...budgetExperiments, ...curveExperiments }
const options = parseOptions(process.argv.slice(2), {
  budgets: Object.keys(budgetExperiments),
  curves: Object.keys(curveExperiments)
})
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

async function runBench(options: Options, folder: string): Promise<void> {
  const { rounds, seconds, output, markdown } = options
  const placement = createPlacement(options.node)
  const remote = await startRemote(placement, options.remotePort)
  const remoteUrl = `http://127.0.0.1:${remote.port}/login`
  if (options.peer !== undefined) print(`The remote is at ${remoteUrl}\n`)
  const bench = { folder, secret: 's'.repeat(40), remoteUrl, placement, rounds, seconds }
  const outcomes: Outcome[] = []
  try {
    for (const runExperiment of chooseExperiments(options)) {
      const outcome = await runExperiment(bench)
      for (const table of outcome.tables) print(`${formatTable(table)}\n`)
      outcomes.push(outcome)
    }
  } finally {
    await remote.stop()
  }
  const budgets = keepWorst(outcomes.flatMap((outcome) => outcome.budgets))
  print(formatBudgets(budgets))
  const run = describeRun(options)
  const scenarios = outcomes.map(({ title, figures }) => ({ title, ...figures }))
  if (output !== undefined) {
    writeFile(output, `${JSON.stringify({ ...run, budgets, scenarios }, null, 2)}\n`)
  }
  if (markdown === undefined) return
  const processors = `${run.cpu.count} processors`
  writeFile(markdown, formatMarkdown({ ...run, processors }, outcomes, budgets))
}

function chooseExperiments({ only, peer }: Options): Experiment[] {
  if (peer !== undefined) return compareWithPeer(peer)
  return Object.entries(experiments)
    .filter(([name]) => only.includes(name))
    .map(([, experiment]) => experiment)
}

function compareWithPeer(peer: Peer): Experiment[] {
  return [compare(createGetTokenAgainst(peer)), compare(createCheckTokenAgainst(peer))]
}

function describeRun({ rounds, seconds, node }: Options) {
  const [cpu] = cpus()
  return {
    date: new Date().toISOString(),
    node: execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(),
    cpu: { model: cpu?.model, count: cpus().length },
    rounds,
    seconds
  }
}

function writeFile(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
