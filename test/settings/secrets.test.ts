import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { createSecretReader, SecretError } from '../../src/settings/secrets.ts'
import { writeFiles } from '../helpers/folder.ts'

test('a file is read from the folder of the configuration on', async (t) => {
  const folder = await writeFiles(t, { secret: 'from a file' })
  const reader = createSecretReader({ folder, env: {} })
  t.is(reader.read({ file: 'secret' }), 'from a file')
  t.is(reader.read({ file: './secret' }), 'from a file')
  t.is(reader.read({ file: join(folder, 'secret') }), 'from a file')
  t.deepEqual([...reader.files], [join(folder, 'secret')])
})

test('a symbolic link is followed', async (t) => {
  const folder = await writeFiles(t, { '..data': 'from a mount' })
  await symlink('..data', join(folder, 'secret'))
  t.is(createSecretReader({ folder, env: {} }).read({ file: 'secret' }), 'from a mount')
})

test('one line end after the text is no part of it', async (t) => {
  const contents = {
    unix: 'text\n',
    windows: 'text\r\n',
    two: 'text\n\n',
    inner: 'a\nb\n',
    mark: '\uFEFFtext'
  }
  const reader = createSecretReader({ folder: await writeFiles(t, contents), env: {} })
  t.is(reader.read({ file: 'unix' }), 'text')
  t.is(reader.read({ file: 'windows' }), 'text')
  t.is(reader.read({ file: 'two' }), 'text\n')
  t.is(reader.read({ file: 'inner' }), 'a\nb')
  t.is(reader.read({ file: 'mark' }), 'text')
})

test('a file that cannot be read is reported by its path', async (t) => {
  const folder = await writeFiles(t)
  const reader = createSecretReader({ folder, env: {} })
  t.throws(() => reader.read({ file: 'missing' }), {
    instanceOf: SecretError,
    message: `cannot read ${join(folder, 'missing')} (ENOENT)`
  })
  t.throws(() => reader.read({ file: '.' }), {
    instanceOf: SecretError,
    message: `cannot read ${folder} (EISDIR)`
  })
  t.throws(() => reader.read({ file: 'a\0b' }), { instanceOf: SecretError })
})

test('an empty file is rejected', async (t) => {
  const folder = await writeFiles(t, { none: '', line: '\n' })
  const reader = createSecretReader({ folder, env: {} })
  for (const file of ['none', 'line']) {
    const message = `${join(folder, file)} is empty`
    t.throws(() => reader.read({ file }), { instanceOf: SecretError, message })
  }
})

test('bytes that are no text are rejected: each would become the same replacement character', async (t) => {
  const folder = await writeFiles(t, {
    random: Buffer.from('f0e1d2c3b4a5968778695a4b3c2d1e0f', 'hex')
  })
  const reader = createSecretReader({ folder, env: {} })
  t.throws(() => reader.read({ file: 'random' }), {
    instanceOf: SecretError,
    message: `cannot read ${join(folder, 'random')} (not text in UTF-8)`
  })
})

test('a file without end is rejected', (t) => {
  t.throws(() => createSecretReader({ folder: '/', env: {} }).read({ file: 'dev/zero' }), {
    instanceOf: SecretError,
    message: 'cannot read /dev/zero (larger than 1 MiB)'
  })
})

test('a variable is read from the environment', (t) => {
  const reader = createSecretReader({
    folder: '/',
    env: { SECRET: 'from a variable\n', EMPTY: '' }
  })
  t.is(reader.read({ env: 'SECRET' }), 'from a variable\n')
  for (const env of ['EMPTY', 'MISSING', 'constructor', '__proto__']) {
    const message = `environment variable ${env} is not set`
    t.throws(() => reader.read({ env }), { instanceOf: SecretError, message })
  }
  t.is(reader.files.size, 0)
})
