/** `npm test` on a machine that lacks programs of the tests: `scripts/programs.js`. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { createTemporaryFolder } from './helpers/temporary-folder.ts'

const ROOT = join(import.meta.dirname, '..')
const PROGRAMS = join(ROOT, 'scripts/programs.js')
/** It is JavaScript, so that it runs before anything is installed. */
const { PACKAGES, programsOf } = (await import(String(pathToFileURL(PROGRAMS)))) as {
  PACKAGES: Record<string, string>
  programsOf: (file: string) => string[]
}

/** Runs Node.js where the PATH has nothing but Node.js. */
async function runBare(t: ExecutionContext, args: string[], env: Record<string, string> = {}) {
  const bin = join(await createTemporaryFolder(t), 'bin')
  await mkdir(bin)
  await symlink(process.execPath, join(bin, 'node'))
  const options = { cwd: ROOT, env: { PATH: bin, ...env } }
  return promisify(execFile)(join(bin, 'node'), args, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr })
  )
}

const LEAVE_OUT = [
  '--input-type=module',
  '--eval',
  "import { leaveOut } from './scripts/programs.js'; console.log(leaveOut().join('\\n'))"
]

test('files of tests whose programs are missing are skipped, with one line that counts them and names the packages', async (t) => {
  const { stdout, stderr } = await runBare(t, LEAVE_OUT)
  t.regex(
    stderr,
    /^skipped \d{2,} or more tests in \d+ files, which need [^\n]*chromium, [^\n]*redis-server[^\n]*: apt-get install [^\n]*chromium [^\n]*redis-server[^\n]*\n$/
  )
  const left: string[] = stdout.trim().split('\n')
  for (const name of [
    'e2e/browser',
    'e2e/revocation',
    'revocation/stores/redis/redis-store.system'
  ]) {
    t.true(left.includes(`!build/test/${name}.test.js`), name)
  }
  t.false(left.some((name) => name.includes('e2e/secrets')))
})

test('with CI=true nothing is skipped, and a program that cannot be installed is a failure', async (t) => {
  t.deepEqual(await runBare(t, LEAVE_OUT, { CI: 'true' }), { code: 0, stdout: '\n', stderr: '' })
  const installing = await runBare(t, ['scripts/programs.js'], { CI: 'true' })
  t.is(installing.code, 1)
  t.regex(
    installing.stderr,
    /^missing: [^\n]*redis-server[^\n]*: apt-get install [^\n]*redis-server[^\n]*\n$/
  )
  t.deepEqual(await runBare(t, ['scripts/programs.js']), { code: 0, stdout: '', stderr: '' })
})

test('every file that runs one of these programs names it, and no unit test needs one', (t) => {
  const files = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
  for (const name of files.filter((one) => one.endsWith('.ts'))) {
    const path = join(ROOT, 'test', name)
    const needed = programsOf(path)
    const calls = readFileSync(path, 'utf8').matchAll(
      /(?:\b(?:spawn|run|execFile|execFileSync|execute)|promisify\(execFile\)\)?)\(\s*'([\w-]+)'|command: '([\w-]+)'/g
    )
    for (const [, called, command] of calls) {
      const program = called ?? command ?? ''
      if (program in PACKAGES) t.true(needed.includes(program), `${name}: @needs ${program}`)
    }
    for (const program of needed) t.true(program in PACKAGES, `${name}: ${program}`)
    const isUnit =
      name.endsWith('.test.ts') && !/^(?:e2e|examples)\/|\.system\.test\.ts$/.test(name)
    if (isUnit) t.deepEqual(needed, [], name)
  }
})
