import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { buildPrograms } from '../../bench/servers.ts'

const run = promisify(execFile)

function bench(...args: string[]) {
  return run(process.execPath, ['--import=tsx', 'bench/main.ts', ...args])
}

test.before(buildPrograms)

async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'txtoken-bench-test-'))
  t.teardown(() => rm(folder, { recursive: true }))
  return folder
}

test.serial(
  'a quick bench prints whole tables and writes its results as JSON and Markdown',
  async (t) => {
    const folder = await makeFolder(t)
    const output = join(folder, 'results.json')
    const markdown = join(folder, 'tables.md')

    const { stdout } = await bench(
      ...['--rounds', '1', '--seconds', '1', '--output', output, '--markdown', markdown]
    )

    for (const [title, ...names] of [
      ['getToken', 'txtoken', 'bare', 'fastify', 'ratio to bare'],
      ['checkToken, each token new', 'txtoken', 'bare', 'fastify', 'ratio to bare'],
      ['checkToken, known tokens', 'txtoken', 'bare', 'fastify', 'ratio to bare'],
      ['checkToken beside RS256', 'beside issuing', 'alone', 'ratio to alone'],
      ['Small memory', 'memory: small', 'normal', 'ratio to normal'],
      ['Workers', 'workers: 2', 'one process', 'ratio to one process']
    ]) {
      const rows = readRows(stdout, title ?? '', names.length)
      t.deepEqual(
        rows.map(([name]) => name),
        names
      )
      for (const [, ...cells] of rows) t.true(cells.length === 9 && cells.every(isPositive))
    }
    t.is(countVerdicts(stdout), 10)

    const results = JSON.parse(await readFile(output, 'utf8'))
    t.is(results.node, process.version)
    t.is(results.rounds, 1)
    t.is(results.budgets.length, 10)
    for (const { variants, comparisons } of results.scenarios.filter(hasRatios)) {
      t.true(variants.length === comparisons.length + 1)
      for (const { medians, rounds } of variants) {
        t.deepEqual(rounds, [medians])
        t.true(Object.values(medians).every(isPositive))
      }
    }
    const page = await readFile(markdown, 'utf8')
    t.is(page.match(/^\| .* \| (met|\*\*missed\*\*) \|$/gm)?.length, 10)
    t.regex(page, /^\| txtoken \|( +[\d.]+ \|){9}$/m)
  }
)

test.serial('quick curves of getToken have rows for each amount, and a verdict', async (t) => {
  const stdout = await drawCurves('reply-size', 'connections', 'slow-remote')
  const programs = ['txtoken', 'bare', 'fastify']
  assertCurve(t, stdout, 'Size of the reply', ['0.2 kB', '2 kB'], programs)
  assertCurve(t, stdout, 'Connections', ['1 connections', '4 connections'], programs)
  assertCurve(t, stdout, 'Remote of 200 ms', ['10 waiting', '100 waiting'], programs)
  t.is(countVerdicts(stdout), 3)
})

test.serial('quick curves of checkToken have rows for each amount, and a verdict', async (t) => {
  const stdout = await drawCurves('keys', 'routes', 'revoked-tokens')
  const kinds = ['with kid', 'without kid', 'forged']
  assertCurve(t, stdout, 'Keys', ['1 keys', '10 keys'], kinds)
  assertCurve(t, stdout, 'Routes', ['2 routes', '50 routes'], ['txtoken'])
  assertCurve(t, stdout, 'Revoked tokens', ['0 revoked', '10000 revoked'], ['txtoken'])
  t.is(countVerdicts(stdout), 5)
})

test.serial('a quick cold start shows what the first logins cost', async (t) => {
  const stdout = await drawCurves('cold-start')
  const [firstLogins = []] = readRows(stdout, 'Cold start, CPU/req µs', 1)
  t.is(firstLogins[0], 'logins 1 to 100')
  t.true(firstLogins.length === 5 && firstLogins.slice(1).every(isPositive))
})

async function drawCurves(...names: string[]): Promise<string> {
  const only = names.flatMap((name) => ['--only', name])
  const { stdout } = await bench('--rounds', '1', '--seconds', '1', ...only)
  return stdout
}

function assertCurve(
  t: ExecutionContext,
  stdout: string,
  title: string,
  amounts: readonly string[],
  programs: readonly string[]
): void {
  const expected = amounts.flatMap((amount) => programs.map((program) => [amount, program]))
  const rows = readRows(stdout, title, expected.length)
  t.deepEqual(
    rows.map(([amount, program]) => [amount, program]),
    expected
  )
  for (const [, , ...cells] of rows) t.true(cells.length === 6 && cells.every(isPositive))
}

function countVerdicts(stdout: string): number | undefined {
  return stdout.match(/^(met {3}|MISSED) /gm)?.length
}

test.serial('a running program is measured beside the built one', async (t) => {
  const [port, remotePort] = [await findPort(), await findPort()]
  const peer = spawn(process.execPath, ['.scratch/bench/fastify-tokens.js'], {
    env: {
      ...process.env,
      PORT: String(port),
      KEY: 'k'.repeat(40),
      REMOTE: `http://127.0.0.1:${remotePort}/login`
    },
    stdio: 'ignore'
  })
  t.teardown(() => peer.kill())

  const { stdout } = await bench(
    ...['--rounds', '1', '--seconds', '1', '--rate', '50', '--name', 'my-program'],
    ...['--against', `http://127.0.0.1:${port}`, '--pid', String(peer.pid)],
    ...['--remote-port', String(remotePort)]
  )

  t.true(stdout.includes(`The remote is at http://127.0.0.1:${remotePort}/login\n`))
  for (const title of ['getToken', 'checkToken']) {
    const rows = readRows(stdout, `${title}, latencies at 50 a second`, 3)
    t.deepEqual(
      rows.map(([name]) => name),
      ['txtoken', 'my-program', 'ratio to my-program']
    )
    // The start time of a running program is unknown.
    t.is(rows[1]?.filter((cell) => cell === '-').length, 1)
  }
  t.is(peer.exitCode, null)
})

test('an unknown scenario is rejected with the names of the known ones', async (t) => {
  const error = await t.throwsAsync(bench('--only', 'forgery'))
  t.regex(
    String(error),
    /--only is forgery, expected one of budgets, .*get-token, check-token, check-known-token, beside-issuing/
  )
})

test('a round count that is not a whole number is rejected', async (t) => {
  const error = await t.throwsAsync(bench('--rounds', 'many'))
  t.regex(String(error), /--rounds is many, expected a whole number of at least 1/)
})

test('measuring a running program requires its process id', async (t) => {
  const error = await t.throwsAsync(bench('--against', 'http://127.0.0.1:1'))
  t.regex(String(error), /--pid is missing, expected a whole number of at least 1/)
})

/** The rows below the head of a table, as cells. */
function readRows(text: string, title: string, count: number): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`${title}  `))
  return lines.slice(start + 1, start + 1 + count).map((line) => line.trim().split(/ {2,}/))
}

function hasRatios(scenario: object): boolean {
  return 'comparisons' in scenario
}

function isPositive(value: unknown): boolean {
  return Number(value) > 0
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}
