/** Checks the promise of `npm run test:unit` against the imports of the files that it runs. */
import { readdirSync } from 'node:fs'
import test from 'ava'
import { followImports } from './helpers/compiled-imports.ts'

/** As in `ava.unit.config.js`. */
const SYSTEM = /^(?:e2e|examples)\/|\.system\.test\.ts$/

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.test.ts')
)

function startsProcesses(file: string): boolean {
  return followImports(`test/${file}`).modules.has('node:child_process')
}

test('no unit test starts a process, directly or through a helper', (t) => {
  t.deepEqual(files.filter((file) => !SYSTEM.test(file)).filter(startsProcesses), [])
})

test('a file of tests that starts no process is among the unit tests', (t) => {
  const outside = files.filter((file) => SYSTEM.test(file))
  t.true(outside.length > 0)
  t.deepEqual(
    outside.filter((file) => !startsProcesses(file)),
    []
  )
})
