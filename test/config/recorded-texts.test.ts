import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { loadConfig } from '../../src/config/load.ts'
import { createTextRecorder, createTextReplay } from '../../src/config/recorded-texts.ts'
import { writeFiles } from '../helpers/folder.ts'

const CONFIG = `keys: [{ alg: HS256, secret: { file: secret } }]
routes: [{ check: /check, verify: [{ keys: all }] }]
`

test('recorded texts make the same configuration, whatever has happened to the files', async (t) => {
  const folder = await writeFiles(t, {
    'a.yml': CONFIG,
    secret: 'of thirty-two characters or more'
  })
  const file = join(folder, 'a.yml')
  const { readText, texts } = createTextRecorder()
  const first = loadConfig({ file, env: {}, readText })
  const sent = JSON.parse(JSON.stringify(texts()))
  await writeFile(join(folder, 'secret'), 'another one of more than thirty-two characters')
  await rm(file)
  const second = loadConfig({ file, env: {}, readText: createTextReplay(sent) })
  t.deepEqual(second.config, first.config)
  t.deepEqual(second.files, first.files)
})

test('a file that could not be read is reported in the same way', async (t) => {
  const file = join(await writeFiles(t, { 'a.yml': CONFIG }), 'a.yml')
  const { readText, texts } = createTextRecorder()
  const first = t.throws(() => loadConfig({ file, env: {}, readText }))
  const readAgain = createTextReplay(texts())
  t.throws(() => loadConfig({ file, env: {}, readText: readAgain }), { message: first?.message })
  t.regex(first?.message ?? '', /secret \(no such file\)/)
})
