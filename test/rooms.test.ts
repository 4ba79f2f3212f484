import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import test from 'ava'

const SRC = join(import.meta.dirname, '../src')
const IMPORT = /(?:\bfrom |\bimport\()'([^']+)'/g

/** What a folder of src/, or a file beside them, imports: rooms by their names, and packages. */
const imports = new Map<string, Set<string>>()
for (const file of readdirSync(SRC, { recursive: true, encoding: 'utf8' })) {
  if (!file.endsWith('.ts')) continue
  const room = roomOf(file)
  const found = imports.get(room) ?? new Set()
  imports.set(room, found)
  for (const [, name = ''] of readFileSync(join(SRC, file), 'utf8').matchAll(IMPORT)) {
    found.add(name.startsWith('.') ? roomOf(relative(SRC, join(SRC, dirname(file), name))) : name)
  }
}

function roomOf(file: string): string {
  return file.split('/', 1)[0] ?? file
}

test('no two rooms of src/ import each other', (t) => {
  const pairs = [...imports].flatMap(([room, others]) =>
    [...others]
      .filter((other) => other < room && imports.get(other)?.has(room))
      .map((other) => `${room} and ${other}`)
  )
  t.deepEqual(pairs, [])
  t.true(imports.get('server')?.has('protocols'))
})

for (const room of ['issue', 'check', 'revocation', 'keys']) {
  test(`${room}/ knows nothing of Koa`, (t) => {
    const packages = [...(imports.get(room) ?? [])]
    t.deepEqual(
      packages.filter((name) => /koa/.test(name)),
      []
    )
  })
}

test('Koa is found where it is', (t) => {
  t.true(imports.get('server')?.has('koa'))
})

/** From the top of the arrow to its bottom; `check` and `issue` do not import each other. */
const ARROW = [['check', 'issue'], ['revocation'], ['keys'], ['remote'], ['json']]

for (const [level, rooms] of ARROW.entries()) {
  test(`${rooms.join(' and ')} import nothing from above or beside`, (t) => {
    for (const room of rooms) {
      const notBelow = ARROW.slice(0, level + 1).flat()
      const found = [...(imports.get(room) ?? [])].filter((other) => other !== room)
      t.true(imports.has(room), `${room} is there`)
      t.deepEqual(
        found.filter((other) => notBelow.includes(other)),
        [],
        room
      )
    }
  })
}
