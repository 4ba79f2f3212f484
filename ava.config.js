import { compile, compiledName } from './scripts/compile.js'
import { leaveOut } from './scripts/programs.js'

await compile()
// A test may be named by its source on the command line, too: `npx ava test/json/patch.test.ts`.
process.argv = process.argv.map(compiledName)

export const options = {
  nodeArguments: ['--enable-source-maps'],
  // Signals, the working folder and the environment belong to a process, so each test file has one of its own.
  workerThreads: false,
  timeout: '3m'
}

/** All tests, but for those whose programs are missing. */
export default () => ({ ...options, files: ['build/test/**/*.test.js', ...leaveOut()] })
