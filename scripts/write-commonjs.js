/**
 * Writes `dist/commonjs/`, the package for CommonJS: modules that `require` the ES modules, as Node.js 20.19 can, and the same
 * declarations, which TypeScript reads as CommonJS there.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const DIST = join(import.meta.dirname, '../dist')
const OUT = join(DIST, 'commonjs')
const ENTRIES = ['index', 'client/client']

const written = new Set()

/** Copies a declaration, and the declarations that it imports. */
function copyDeclarations(path) {
  if (written.has(path)) return
  written.add(path)
  const text = readFileSync(join(DIST, `${path}.d.ts`), 'utf8')
  write(`${path}.d.ts`, text)
  for (const [, imported] of text.matchAll(/\b(?:from |import\()['"](\.[^'"]+)\.[jt]s['"]/g)) {
    copyDeclarations(join(dirname(path), imported))
  }
}

function write(path, text) {
  mkdirSync(dirname(join(OUT, path)), { recursive: true })
  writeFileSync(join(OUT, path), text)
}

write('package.json', '{ "type": "commonjs" }\n')
for (const entry of ENTRIES) {
  const module = relative(dirname(join(OUT, entry)), join(DIST, `${entry}.js`))
  write(`${entry}.js`, `module.exports = require('${module}')\n`)
  copyDeclarations(entry)
}
