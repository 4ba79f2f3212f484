import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import test from 'ava'

const ROOT = join(import.meta.dirname, '..')
const SRC = join(ROOT, 'src')
const IMPORT = /(?:\bfrom |\bimport\()'([^']+)'/g

/** Folders of src/, and the two files beside them that are rooms of their own. */
const ENTRIES = ['main.ts', 'index.ts']

/** What a room imports: other rooms, and packages. */
const imports = new Map<string, Set<string>>()
/** Files that are in src/ itself and import no room: every room may import them. */
const common = new Set<string>()
for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.ts')) continue
  const room = roomOf(file)
  const found = imports.get(room) ?? new Set()
  imports.set(room, found)
  for (const [, name = ''] of readFileSync(join(SRC, file), 'utf8').matchAll(IMPORT)) {
    found.add(name.startsWith('.') ? roomOf(relative(SRC, join(SRC, dirname(file), name))) : name)
  }
  if (!file.includes('/') && !ENTRIES.includes(file)) common.add(room)
}

function roomOf(file: string): string {
  const [first = file] = file.split('/', 1)
  return ENTRIES.includes(first) ? first.replace('.ts', '') : first
}

function importsOf(room: string): string[] {
  return [...(imports.get(room) ?? [])].filter((other) => other !== room && imports.has(other))
}

/** The arrows of the picture in CONTRIBUTING.md. */
const arrows = [
  ...readFileSync(join(ROOT, 'CONTRIBUTING.md'), 'utf8').matchAll(/^ {2}(\w+) --> (\w+)$/gm)
].map(([, from = '', to = '']) => [from, to] as const)
const pictured = new Set(arrows.flat())

function below(room: string): Set<string> {
  const direct = arrows.filter(([from]) => from === room).map(([, to]) => to)
  return new Set([...direct, ...direct.flatMap((other) => [...below(other)])])
}

test('the picture in CONTRIBUTING.md has every room, and no other', (t) => {
  const rooms = [...imports.keys()].filter((room) => !common.has(room))
  t.deepEqual([...pictured].sort(), rooms.sort())
})

test('every arrow of the picture is an import', (t) => {
  const missing = arrows.filter(([from, to]) => !importsOf(from).includes(to))
  t.deepEqual(missing, [])
})

for (const room of pictured) {
  test(`${room} imports only what is below it in the picture`, (t) => {
    const reachable = below(room)
    const others = importsOf(room).filter((other) => !common.has(other))
    t.deepEqual(
      others.filter((other) => !reachable.has(other)),
      []
    )
  })
}

test('files in src/ itself import no room', (t) => {
  for (const file of common) {
    t.deepEqual(
      importsOf(file).filter((other) => !common.has(other)),
      [],
      file
    )
  }
})

for (const room of ['protocols', 'issue', 'check', 'revocation', 'keys']) {
  test(`${room} knows nothing of Koa`, (t) => {
    const packages = [...(imports.get(room) ?? [])].filter((name) => /koa/.test(name))
    t.deepEqual(packages, [])
  })
}

test('Koa is found where it is imported', (t) => {
  t.true(imports.get('server')?.has('koa'))
})
