import test from 'ava'
import * as z from 'zod'
import { describeIssues } from '../../src/config/issues.ts'
import { jsonTree } from '../../src/settings/json.ts'
import { formatPath } from '../../src/settings/problem.ts'
import { duration, flag, integer, size } from '../../src/settings/quantities.ts'
import { routePath } from '../../src/settings/route-paths.ts'
import { createSecretReader, material } from '../../src/settings/secrets.ts'
import { section } from '../../src/settings/section.ts'
import { httpUrl } from '../../src/settings/urls.ts'
import { writeFiles } from '../helpers/folder.ts'

/** The result of a schema for a value: the parsed value, or its problems. */
function read(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  if (result.success) return { value: result.data }
  return describeIssues(result.error.issues, value).map(({ path, message }) =>
    path.length === 0 ? message : `${formatPath(path)}: ${message}`
  )
}

test('a whole number may be text, and is in its range', (t) => {
  const schema = integer(0, 65_535)
  for (const value of [0, 1, 8888, 65_535, '0', '8888', '08888', '65535']) {
    t.deepEqual(read(schema, value), { value: Number(value) })
  }
  const expected = 'expected a whole number from 0 to 65535'
  const texts = ['', ' 1', '1 ', '-1', '+1', '1.0', '1e3', '0x10', '65536', '٣', '9'.repeat(400)]
  for (const value of texts) t.deepEqual(read(schema, value), [expected], value)
  for (const value of [-1, 1.5, 65_536, 1e300, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.regex(String(read(schema, value)), /^expected a whole number from 0 to 65535/)
  }
  t.deepEqual(read(schema, true), [`${expected}, found a boolean`])
  t.deepEqual(read(schema, null), [`${expected}, found an empty value`])
  t.deepEqual(read(schema, undefined), [`${expected}, found nothing`])
  t.deepEqual(read(schema, [1]), [`${expected}, found a list`])
  t.deepEqual(read(schema, { a: 1 }), [`${expected}, found a map`])
})

test('a switch may be text', (t) => {
  for (const value of [true, 'true']) t.deepEqual(read(flag, value), { value: true })
  for (const value of [false, 'false']) t.deepEqual(read(flag, value), { value: false })
  for (const value of ['yes', '']) t.deepEqual(read(flag, value), ['expected true or false'])
  for (const value of ['TRUE', ' true']) {
    t.deepEqual(read(flag, value), ['expected true or false; did you mean true?'])
  }
  t.deepEqual(read(flag, 1), ['expected true or false, found a number'])
})

test('a duration is in its range, both ends included', (t) => {
  const schema = duration('100ms', '1h')
  t.deepEqual(read(schema, '100ms'), { value: 100 })
  t.deepEqual(read(schema, '0.1s'), { value: 100 })
  t.deepEqual(read(schema, '60m'), { value: 3_600_000 })
  const expected = 'expected a duration from 100ms to 1h, such as 500ms, 5s, 15m or 1.5h'
  for (const value of [
    '99ms',
    '3601s',
    '1d',
    `${'9'.repeat(400)}d`,
    '5',
    '',
    '-5s',
    '5 s',
    'PT5S'
  ]) {
    t.deepEqual(read(schema, value), [expected], value)
  }
  t.deepEqual(read(schema, 5), [`${expected}, found a number`])
})

test('a size is in its range, both ends included', (t) => {
  const schema = size('1KiB', '1MiB')
  t.deepEqual(read(schema, '1024B'), { value: 1024 })
  t.deepEqual(read(schema, '1024KiB'), { value: 1_048_576 })
  const expected = 'expected a size from 1KiB to 1MiB, such as 512B, 16KiB or 1MiB'
  for (const value of ['1023B', '2MiB', '1GiB', '1.5KiB', '1024', '', '1MB']) {
    t.deepEqual(read(schema, value), [expected], value)
  }
  t.deepEqual(read(schema, 1024), [`${expected}, found a number`])
})

test('a route is a literal path', (t) => {
  for (const value of ['/', '/getToken', '/a/b.c_d~e-f/', '/1']) {
    t.deepEqual(read(routePath, value), { value })
  }
  const expected =
    'expected a path that starts with a slash and has letters, digits and . _ ~ - only'
  const wrong = [
    '',
    'getToken',
    'http://a/b',
    '/a b',
    '/a?b',
    '/a#b',
    '/:id',
    '/*',
    '/(a)',
    '/{a}',
    '/%41',
    '/ä',
    '/a\n',
    '\\a'
  ]
  for (const value of wrong) t.deepEqual(read(routePath, value), [expected], value)
  t.deepEqual(read(routePath, undefined), ['expected a path such as /getToken, found nothing'])
})

test('a URL is http or https, without a password', (t) => {
  for (const value of [
    'http://a',
    'https://a.example:8443/b?c=d',
    'HTTP://A/',
    'http://[::1]:80/'
  ]) {
    t.deepEqual(read(httpUrl, value), { value })
  }
  const expected = 'expected an http:// or https:// URL'
  for (const value of [
    '',
    'a',
    '/login',
    'a.example:80',
    '//a',
    'http://',
    'ftp://a',
    'file:///etc',
    'http://a b'
  ]) {
    t.deepEqual(read(httpUrl, value), [expected], value)
  }
  t.deepEqual(read(httpUrl, 1), [`${expected}, found a number`])
  t.deepEqual(read(httpUrl, 'http://a:99999'), ['expected a URL with a port from 1 to 65535'])
  t.deepEqual(read(httpUrl, 'http://a/#b'), ['expected a URL without a fragment (#)'])
  for (const value of ['http://user:pass@a/', 'http://user@a', 'https://:pass@a']) {
    t.deepEqual(read(httpUrl, value), ['expected a URL without a user name and password'])
  }
})

test('each unknown key of a section is reported with the nearest known one', (t) => {
  const schema = section({ port: z.number().optional(), host: z.string().optional() })
  t.deepEqual(read(schema, { port: 1 }), { value: { port: 1 } })
  t.deepEqual(read(schema, { prot: 1, colour: 'x' }), [
    'prot: unknown key, did you mean port?',
    'colour: unknown key, expected one of port, host'
  ])
  t.deepEqual(read(schema, JSON.parse('{"__proto__": 1}')), [
    '__proto__: unknown key, expected one of port, host'
  ])
  for (const [value, found] of [
    ['x', ''],
    [[], ', found an empty list'],
    [['a'], ', found a list'],
    [null, ', found an empty value']
  ]) {
    t.deepEqual(read(schema, value), [`expected a map of settings${found}`])
  }
})

test('text may be in the configuration, in another file, or in the environment', async (t) => {
  const folder = await writeFiles(t, { secret: 'from a file\n' })
  const schema = material(createSecretReader({ folder, env: { SECRET: 'from a variable' } }))
  t.deepEqual(read(schema, 'from here'), { value: 'from here' })
  t.deepEqual(read(schema, { file: 'secret' }), { value: 'from a file' })
  t.deepEqual(read(schema, { env: 'SECRET' }), { value: 'from a variable' })
})

test('the mask of a secret is not taken for the secret', (t) => {
  const found =
    'found ***, which check-config --print shows in place of a secret; expected the secret itself, or where it is'
  t.deepEqual(read(material(createSecretReader({ folder: '/', env: {} })), '***'), [found])
  t.deepEqual(read(jsonTree, '***'), [found])
  t.deepEqual(read(jsonTree, '**'), ['expected a string that holds JSON: not valid JSON'])
})

test('a missing file or variable, and a malformed reference, is reported', async (t) => {
  const folder = await writeFiles(t)
  const schema = material(createSecretReader({ folder, env: {} }))
  t.deepEqual(read(schema, { file: 'secret' }), [`cannot read ${folder}/secret (no such file)`])
  t.deepEqual(read(schema, { env: 'SECRET' }), ['environment variable SECRET is not set'])
  const expected = 'expected text in quotes, { file: path } or { env: NAME }'
  t.deepEqual(read(schema, 12), [`${expected}, found a number`])
  t.deepEqual(read(schema, undefined), [`${expected}, found nothing`])
  t.deepEqual(read(schema, ['x']), [`${expected}, found a list`])
  t.deepEqual(read(schema, { fiel: 'x' }), ['fiel: unknown key, did you mean file?'])
  t.deepEqual(read(schema, {}), [expected])
  t.deepEqual(read(schema, { file: 1 }), ['file: expected the path of a file, found a number'])
  t.deepEqual(read(schema, { file: '' }), ['file: expected the path of a file'])
  t.deepEqual(read(schema, { env: '' }), ['env: expected the name of an environment variable'])
  t.deepEqual(read(schema, { file: 'a', env: 'b' }), [expected])
})
