/** Builds the program in `dist/`: one script, the code cache of this Node.js, and the file that starts it. */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleProgram, OUTSIDE } from './bundle.ts'

const ROOT = join(import.meta.dirname, '..')
const PROGRAM = join(ROOT, 'dist/program.cjs')

await bundleProgram({ outfile: PROGRAM, external: OUTSIDE })
const compileAhead = join(import.meta.dirname, 'compile-ahead.js')
execFileSync(process.execPath, [compileAhead, PROGRAM, ROOT], {
  stdio: ['ignore', 'ignore', 'inherit']
})
copyFileSync(join(import.meta.dirname, 'start.js'), join(ROOT, 'dist/main.js'))
chmodSync(join(ROOT, 'dist/main.js'), 0o755)
