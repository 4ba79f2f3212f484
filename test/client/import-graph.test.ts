import test from 'ava'
import { followImports } from '../helpers/compiled-imports.ts'

/** The packages among what a file loads. */
function packagesOf(entry: string): string[] {
  return [...followImports(entry).modules].filter((name) => !name.startsWith('node:')).sort()
}

test('the client loads no Koa, no other framework, and no store', (t) => {
  t.deepEqual(packagesOf('src/client/client.ts'), [
    'got',
    'http-cache-semantics',
    'jose',
    'jsonwebtoken',
    'undici/lib/core/connect.js',
    'undici/lib/core/symbols.js',
    'undici/lib/dispatcher/pool.js'
  ])
})

test('the client loads no part of the server', (t) => {
  const files = [...followImports('src/client/client.ts').files]
  const folders = new Set(files.map((file) => file.split('/')[1]))
  t.deepEqual([...folders].sort(), [
    'blanks.ts',
    'check',
    'client',
    'errors.ts',
    'json',
    'keys',
    'protocols',
    'remote',
    'service-bearer-mark.ts',
    'settings'
  ])
  const shared = files.filter((file) => /^src\/(protocols|settings)\//.test(file))
  t.deepEqual(shared.sort(), [
    'src/protocols/bearer-token.ts',
    'src/settings/clean-text.ts',
    'src/settings/file-names.ts',
    'src/settings/key-text.ts'
  ])
})

test('the search finds Koa where it is imported', (t) => {
  t.true(packagesOf('src/index.ts').includes('koa'))
  t.true(followImports('src/index.ts').files.has('src/server/application.ts'))
})
