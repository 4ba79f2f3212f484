import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import test from 'ava'

/** Where tests run compiled, and so do the sources beside them. */
const COMPILED = join(import.meta.dirname, '../../build/src')
/** Static imports, exports from elsewhere, and dynamic imports, as the compiler writes them. */
const IMPORT = /(?:\bfrom |\bimport |\bimport\()"([^"]+)"/g

/** Everything that a compiled file may load, itself included: own files by their paths from src/ on, and packages by their names. */
function walk(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const waiting = [join(COMPILED, entry)]
  for (const file of waiting) {
    if (files.has(relative(COMPILED, file))) continue
    files.add(relative(COMPILED, file))
    for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      if (name.startsWith('.')) waiting.push(join(dirname(file), name))
      else if (!name.startsWith('node:')) packages.add(name)
    }
  }
  return { files, packages }
}

test('the client loads no Koa, no other framework, and no store', (t) => {
  const { packages } = walk('client/client.js')
  t.deepEqual([...packages].sort(), [
    'got',
    'http-cache-semantics',
    'jose',
    'jsonwebtoken',
    'undici'
  ])
})

test('the client loads no part of the server', (t) => {
  const { files } = walk('client/client.js')
  const folders = new Set([...files].map((file) => file.split('/')[0]))
  t.deepEqual([...folders].sort(), [
    'check',
    'client',
    'errors.js',
    'json',
    'keys',
    'protocols',
    'remote',
    'service-bearer-mark.js'
  ])
  const shared = [...files].filter((file) => file.startsWith('protocols/'))
  t.deepEqual(shared, ['protocols/bearer-token.js'])
})

test('the walk finds Koa where it is', (t) => {
  const { packages, files } = walk('index.js')
  t.true(packages.has('koa'))
  t.true(files.has('server/app.js'))
})
