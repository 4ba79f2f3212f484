import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'

const run = promisify(execFile)

function bench(...args: string[]) {
  return run(process.execPath, ['--import=tsx', 'bench/main.ts', ...args])
}

test('a quick bench prints a whole table and writes its results as JSON', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'txtoken-bench-test-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const output = join(folder, 'results.json')

  const { stdout } = await bench('--rounds', '1', '--seconds', '1', '--output', output)

  for (const [title, ...names] of [
    ['getToken', 'txtoken', 'reference', 'ratio'],
    ['checkToken', 'txtoken', 'reference', 'ratio'],
    ['checkToken beside RS256', 'beside issuing', 'alone', 'ratio']
  ]) {
    const lines = stdout.split('\n')
    const start = lines.findIndex((line) => line.startsWith(`${title}  `))
    const rows = lines.slice(start + 1, start + 4).map((line) => line.trim().split(/ {2,}/))
    t.deepEqual(
      rows.map(([name]) => name),
      names
    )
    for (const [, ...cells] of rows) t.true(cells.length === 8 && cells.every(isPositive))
  }
  t.is(stdout.match(/^(met {3}|MISSED) /gm)?.length, 5)

  const results = JSON.parse(await readFile(output, 'utf8'))
  t.is(results.node, process.version)
  t.is(results.rounds, 1)
  t.is(results.budgets.length, 5)
  for (const scenario of results.scenarios) {
    for (const { medians, rounds } of scenario.variants) {
      t.deepEqual(rounds, [medians])
      t.true(Object.values(medians).every(isPositive))
    }
  }
})

test('an unknown scenario is refused with the names of the known ones', async (t) => {
  const error = await t.throwsAsync(bench('--only', 'forgery'))
  t.regex(
    String(error),
    /--only is forgery, expected one of get-token, check-token, check-known-token, beside-issuing/
  )
})

test('a round count that is no whole number is refused', async (t) => {
  const error = await t.throwsAsync(bench('--rounds', 'many'))
  t.regex(String(error), /--rounds is many, expected a whole number of at least 1/)
})

function isPositive(value: unknown): boolean {
  return Number(value) > 0
}
