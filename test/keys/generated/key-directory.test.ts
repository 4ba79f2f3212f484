/** The folder of generated keys, and the files in it. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { formatKeyFile, parseKeyFile } from '../../../src/keys/generated/generated-key-file.ts'
import { createKeyDirectory } from '../../../src/keys/generated/key-directory.ts'
import { KeyError } from '../../../src/keys/key-error.ts'
import { generateMaterial } from '../../../src/keys/material/new-key.ts'
import { createTemporaryFolder } from '../../helpers/temporary-folder.ts'

const NOW = Date.parse('2026-01-31T12:00:00Z')
const NEVER = Number.POSITIVE_INFINITY

async function createText(): Promise<string> {
  return formatKeyFile('EdDSA', await generateMaterial('EdDSA'), {
    createdAt: NOW,
    signsFrom: NOW,
    longestLifetimeMs: 60_000
  })
}

function openDirectory(dir: string) {
  return createKeyDirectory({ dir, alg: 'EdDSA', typ: undefined, now: () => NOW })
}

test('the number of a generated key is used once, and the key that has it stays unchanged', async (t) => {
  const dir = await createTemporaryFolder(t)
  const texts = await Promise.all(Array.from({ length: 8 }, createText))
  const results = await Promise.all(texts.map((text) => openDirectory(dir).add(1, text, NEVER)))
  t.is(results.filter((isAdded) => isAdded).length, 1)
  t.deepEqual(await readdir(dir), ['EdDSA-000001.json'])
  const text = await readFile(join(dir, 'EdDSA-000001.json'), 'utf8')
  t.is(text, texts[results.indexOf(true)] ?? '')
})

test('a key that took too long to write does not appear', async (t) => {
  const dir = await createTemporaryFolder(t)
  await t.throwsAsync(openDirectory(dir).add(1, await createText(), NOW - 1), {
    instanceOf: KeyError,
    message: 'writing the key took longer than it may'
  })
  t.deepEqual(await readdir(dir), [])
})

test('the number after the greatest is next, even where its file cannot be used', async (t) => {
  const dir = await createTemporaryFolder(t)
  const directory = openDirectory(dir)
  t.is((await directory.read()).nextSequence, 1)
  await directory.add(9, await createText(), NEVER)
  await directory.add(1_000_000, 'broken', NEVER)
  const { keys, nextSequence } = await directory.read()
  t.deepEqual(
    keys.map(({ sequence }) => sequence),
    [9]
  )
  t.is(nextSequence, 1_000_001)
})

test('a file that another replica replaced is read again', async (t) => {
  const dir = await createTemporaryFolder(t)
  const directory = openDirectory(dir)
  await directory.add(1, await createText(), NEVER)
  const [before] = (await directory.read()).keys
  t.is((await directory.read()).keys[0], before)

  const other = openDirectory(dir)
  await other.removeKey(1)
  await other.add(1, await createText(), NEVER)
  const [after] = (await directory.read()).keys
  t.not(after?.key.kid, before?.key.kid)
})

test('removing a key that another replica has removed is not an error', async (t) => {
  const directory = openDirectory(await createTemporaryFolder(t))
  await t.notThrowsAsync(directory.removeKey(1))
})

test('kids follow their pattern', async (t) => {
  const material = await generateMaterial('EdDSA')
  const schedule = { createdAt: 1_893_456_000_123, signsFrom: 0, longestLifetimeMs: 0 }
  const kidOf = (pattern?: string) =>
    parseKeyFile(formatKeyFile('EdDSA', material, schedule, pattern), 'EdDSA', undefined).key.kid
  t.is(kidOf('d-{milliseconds}'), 'd-1893456000123')
  t.regex(kidOf('s-{uuid}'), /^s-[0-9a-f-]{36}$/)
  t.is(kidOf('x.{thumbprint}'), `x.${kidOf()}`)
  t.regex(kidOf(), /^[\w-]{43}$/)
})
