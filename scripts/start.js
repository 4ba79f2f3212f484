#!/usr/bin/env node
/** Starts the program: one script, with the V8 code cache of its build. Becomes `dist/main.js`. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Script } from 'node:vm'

const locate = (name) => fileURLToPath(new URL(name, import.meta.url))
const filename = locate('program.cjs')

/**
 * The code cache of exactly this Node.js. V8 rejects a cache of another V8 version, or with other flags, but not of another
 * Node.js with the same V8, and crashes with a segmentation fault: Node.js 20.19 with the cache of 20.20.
 */
function readCompiled() {
  try {
    return readFileSync(locate(`program-${process.arch}-${process.version}.cache`))
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
