#!/usr/bin/env node
/** Starts the program: one script, with what V8 compiled of it when it was built. Becomes `dist/main.js`. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'

const locate = (name) => fileURLToPath(new URL(name, import.meta.url))
const filename = locate('program.cjs')

/** Another Node.js, or one with other flags of V8, rejects what this one compiled, and compiles anew. */
function readCompiled() {
  try {
    return readFileSync(locate(`program-${process.arch}.cache`))
  } catch {
    return undefined
  }
}

// The script is ASCII. As one byte a character it is half as large in memory.
const script = new Script(readFileSync(filename, 'latin1'), {
  filename,
  cachedData: readCompiled()
})
script.runInThisContext()(createRequire(import.meta.url), (name) =>
  readFileSync(locate(`../${name}`), 'utf8')
)
