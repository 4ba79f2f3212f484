import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import {
  createSecretReader,
  material,
  SecretError,
  sharedSecret
} from '../../src/settings/secrets.ts'
import { writeFiles } from '../helpers/folder.ts'

test('a file is read relative to the folder of the configuration', async (t) => {
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

/** Texts as given, and the intended value. */
const arrivals = {
  unix: ['text\n', 'text'],
  windows: ['text\r\n', 'text'],
  carriageReturn: ['text\r', 'text'],
  two: ['text\n\r\n', 'text'],
  inner: ['a\nb\n', 'a\nb'],
  blanks: [' text ', ' text '],
  backslash: ['te\\nxt\\n', 'te\\nxt\\n'],
  mark: ['\uFEFFtext', 'text']
} as const
for (const [name, [text, meant]] of Object.entries(arrivals)) {
  test(`line ends after a text are removed, wherever it is: ${name}`, async (t) => {
    const folder = await writeFiles(t, { text })
    const reader = createSecretReader({ folder, env: { TEXT: text } })
    t.is(reader.read({ file: 'text' }), meant)
    t.is(reader.read({ env: 'TEXT' }), meant)
    t.is(material(reader).parse(text), meant)
  })
}

test('a file that cannot be read is reported by its path', async (t) => {
  const folder = await writeFiles(t)
  const reader = createSecretReader({ folder, env: {} })
  t.throws(() => reader.read({ file: 'missing' }), {
    instanceOf: SecretError,
    message: `cannot read ${join(folder, 'missing')} (no such file)`
  })
  t.throws(() => reader.read({ file: '.' }), {
    instanceOf: SecretError,
    message: `cannot read ${folder} (is a folder)`
  })
  t.throws(() => reader.read({ file: 'a\0b' }), { instanceOf: SecretError })
})

test('the path of a file is no secret, however long it is', async (t) => {
  const name = 'the-signing-key-of-production-2026'
  const folder = await writeFiles(t, { [name]: 'from a file' })
  const schema = material(createSecretReader({ folder, env: {} }))
  for (const path of [`./${name}`, join(folder, name)]) {
    const { error } = schema.safeParse(path)
    t.is(error?.issues[0]?.message, `found the path of a file, did you mean { file: ${path} }?`)
  }
  for (const text of ['/+a/base64/secret/of/forty/characters/3Q=', name, '/', `${name}\n`]) {
    t.true(schema.safeParse(text).success, text)
  }
})

/** Texts that are no secret, with what the message about them has. */
const UNFILLED = {
  '/run/secrets/txtoken/encryption-key':
    'did you mean { file: /run/secrets/txtoken/encryption-key }?',
  '/run/secrets/TXTOKEN_ENCRYPTION_KEY':
    'did you mean { file: /run/secrets/TXTOKEN_ENCRYPTION_KEY }?',
  './keys/secret-of-production-2026': 'did you mean { file: ./keys/secret-of-production-2026 }?',
  '../secret': 'did you mean { file: ../secret }?',
  '~/secret': 'did you mean { file: ~/secret }, with the path of the home folder in place of ~?',
  'secret.txt': 'did you mean { file: secret.txt }?',
  $ENC_KEY: 'did you mean ${ENC_KEY}?',
  $enc_key_which_may_be_a_secret: 'did you mean ${NAME}?',
  '${ENCRYPTION_KEY_OF_THE_TOKEN_SERVICE}': 'a placeholder that was not filled in',
  '{{ .Values.encryptionKeyOfTheService }}': 'a placeholder that was not filled in',
  '<put a secret of 32 characters here>': 'a placeholder that was not filled in'
}

test('a path, a variable and a placeholder are no secret, whether or not there is such a file', async (t) => {
  for (const [text, expected] of Object.entries(UNFILLED)) {
    const folder = await writeFiles(t, { held: text })
    const reader = createSecretReader({ folder, env: { HELD: text } })
    for (const given of [text, { file: 'held' }, { env: 'HELD' }]) {
      const { error } = sharedSecret(reader).safeParse(given)
      t.true(error?.issues[0]?.message.includes(expected) ?? false, error?.message)
    }
    t.true(material(reader).safeParse(text).success, 'it may be the password of another service')
  }
})

test('random text is a secret, however much it looks like a path or a variable', (t) => {
  const schema = sharedSecret(createSecretReader({ folder: '/', env: {} }))
  for (const text of [
    '/+a/base64/Secret/of/forty/characters/3Q=',
    '/dKq0Wf2nRjG8vLsX4ZtYb1Uc6MeHpAo',
    '$a1b2-c3d4-e5f6',
    '<a<secret>with>brackets',
    'pa$$word ${in} the {{ middle }}',
    'no.path/and.no-file'
  ]) {
    t.is(schema.parse(text), text)
  }
})

test('an empty file is rejected', async (t) => {
  const folder = await writeFiles(t, { none: '', line: '\n' })
  const reader = createSecretReader({ folder, env: {} })
  for (const file of ['none', 'line']) {
    const message = `${join(folder, file)} is empty`
    t.throws(() => reader.read({ file }), { instanceOf: SecretError, message })
  }
})

test('bytes that are not text are rejected: each would become the same replacement character', async (t) => {
  const folder = await writeFiles(t, {
    random: Buffer.from('f0e1d2c3b4a5968778695a4b3c2d1e0f', 'hex')
  })
  const reader = createSecretReader({ folder, env: {} })
  t.throws(() => reader.read({ file: 'random' }), {
    instanceOf: SecretError,
    message: `cannot read ${join(folder, 'random')} (not text in UTF-8)`
  })
})

test('an endless file is rejected', (t) => {
  t.throws(() => createSecretReader({ folder: '/', env: {} }).read({ file: 'dev/zero' }), {
    instanceOf: SecretError,
    message: 'cannot read /dev/zero (larger than 1 MiB)'
  })
})

test('a variable is read from the environment', (t) => {
  const reader = createSecretReader({
    folder: '/',
    env: { SECRET: 'from a variable\n', EMPTY: '', LINE: '\r\n' }
  })
  t.is(reader.read({ env: 'SECRET' }), 'from a variable')
  for (const env of ['EMPTY', 'LINE', 'MISSING', 'constructor', '__proto__']) {
    const message = `environment variable ${env} is not set`
    t.throws(() => reader.read({ env }), { instanceOf: SecretError, message })
  }
  t.is(reader.files.size, 0)
})
