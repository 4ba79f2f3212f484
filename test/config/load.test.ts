import { symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type LoadedConfig, loadConfig, readConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { parse, problemsOf } from '../helpers/config.ts'
import { writeFiles } from '../helpers/folder.ts'

const encKey = 'a secret of thirty-two characters or more'
const LEAST = `encKey: "${encKey}"\nremote: http://example.com\n`

/** Loads a file with this text, or throws its problems. */
async function load(t: ExecutionContext, content: string | Uint8Array): Promise<LoadedConfig> {
  const folder = await writeFiles(t, { 'txtoken.yml': content })
  return loadConfig({ file: join(folder, 'txtoken.yml'), env: {} })
}

test('a file becomes a configuration', async (t) => {
  const { config } = await load(t, LEAST)
  t.deepEqual(config, parse(LEAST))
})

test('line ends of Windows and a byte order mark change nothing in a file that is loaded', async (t) => {
  const expected = parse(LEAST)
  t.deepEqual((await load(t, LEAST.replaceAll('\n', '\r\n'))).config, expected)
  t.deepEqual((await load(t, `\uFEFF${LEAST}`)).config, expected)
})

test('every file that was read is listed, the configuration first', async (t) => {
  const folder = await writeFiles(t, { key: encKey })
  const file = join(folder, 'txtoken.yml')
  await writeFile(file, 'encKey: { file: key }\nremote: http://example.com\n')
  t.deepEqual(loadConfig({ file, env: {} }).files, [file, join(folder, 'key')])
})

test('relative paths start from the folder of the configuration, wherever the program was started', async (t) => {
  const folder = await writeFiles(t, { key: encKey })
  await writeFile(join(folder, 'real.yml'), 'encKey: { file: ./key }\nremote: http://example.com\n')
  await symlink('real.yml', join(folder, 'link.yml'))
  for (const name of ['real.yml', 'link.yml']) {
    const file = relative(process.cwd(), join(folder, name))
    t.is(loadConfig({ file, env: {} }).files[0], join(folder, name))
  }
})

test('a missing file, or a path that is not a file, is reported', async (t) => {
  const folder = await writeFiles(t)
  for (const [name, code] of [
    ['missing.yml', 'no such file'],
    ['.', 'is a folder']
  ] as const) {
    const file = join(folder, name)
    t.throws(() => loadConfig({ file, env: {} }), {
      instanceOf: ConfigError,
      message: `1 problem in ${file}\n  - cannot read the file (${code})`
    })
  }
})

test('a file that is not text, or far too large, is reported without being quoted', async (t) => {
  const error = await t.throwsAsync(load(t, Buffer.from('656e634b65793a20ff', 'hex')), {
    instanceOf: ConfigError
  })
  t.regex(error?.message ?? '', /\n {2}- cannot read the file \(not text in UTF-8\)$/)
  const large = await t.throwsAsync(load(t, `${LEAST}#${'x'.repeat(10_000_000)}`), {
    instanceOf: ConfigError
  })
  t.regex(large?.message ?? '', /\n {2}- cannot read the file \(larger than 1 MiB\)$/)
})

test('an empty file, and one that holds no map, are reported', async (t) => {
  for (const [text, found] of [
    ['', ', found an empty value'],
    ['# nothing', ', found an empty value'],
    ['- a', ', found a list'],
    ['encKey', ''],
    ['12', ', found a number']
  ] as const) {
    const error = await t.throwsAsync(load(t, text), { instanceOf: ConfigError })
    t.deepEqual(error?.problems, [
      { path: [], message: `expected a map of settings${found}`, line: 1 }
    ])
  }
})

test('a syntax error is reported with file and line, and without the secret next to it', async (t) => {
  const error = await t.throwsAsync(load(t, `port: 1\nencKey: ${encKey}: 1\nremote: http://a\n`), {
    instanceOf: ConfigError
  })
  t.regex(error?.message ?? '', /^\d problems? in (\/.*\/txtoken\.yml)\n {2}- \1:2: YAML: /)
  t.false(error?.message.includes(encKey))
})

test('a missing variable is reported once for each setting, without further problems of that setting', async (t) => {
  const text = 'port: ${PORT}\nencKey: ${KEY}\nremote: http://${HOST}/${HOST}\nexpHours: ${H:-x}\n'
  const error = await t.throwsAsync(load(t, text), { instanceOf: ConfigError })
  const missing = (name: string) =>
    `environment variable ${name} is not set, and there is no default`
  t.deepEqual(
    error?.problems.map(({ path, message }) => [path.join(), message]),
    [
      ['port', missing('PORT')],
      ['encKey', missing('KEY')],
      ['remote', missing('HOST')],
      ['remote', missing('HOST')],
      ['expHours', 'expected a number of hours from 0.0003 (about a second) to 876000']
    ]
  )
})

test('each key is checked, whatever is wrong with the one beside it', (t) => {
  const problems = problemsOf(t, {
    keys: [
      { kid: 'a', alg: 'RS257', secret: encKey },
      { kid: 'b', alg: 'HS256', secret: 'short' },
      { kid: 'c', alg: 'HS256', secret: '${MISSING}' },
      { kid: 'b', alg: 'HS256', secret: encKey },
      'no key'
    ],
    routes: [{ check: '/check', verify: [{ keys: 'all' }] }]
  })
  const begins = [
    'keys[0].alg: expected one of',
    'keys[1].secret: found a secret of 5 bytes',
    'keys[2].secret: environment variable MISSING is not set',
    'keys[3].kid: found the kid "b" of keys[1] again',
    'keys[4]: expected'
  ]
  t.is(problems.length, begins.length, problems.join('\n'))
  for (const begin of begins)
    t.true(
      problems.some((problem) => problem.startsWith(begin)),
      begin
    )
})

test('every problem has its line: in settings, between settings, in keys and in variables', async (t) => {
  const text = `listen:
  other: { port: 1 }
keys:
  - { alg: HS256, secret: short }
  - alg: HS256
    secret: \${MISSING}
routes:
  - issue: /token
    claims:
      - from: remote
        url: &url nowhere
    key: other
  - check: /token
    verify:
      - endpoint: *url
        timout: 1s
  - keys: /token
`
  const folder = await writeFiles(t, { 'txtoken.yml': text })
  const file = relative(process.cwd(), join(folder, 'txtoken.yml'))
  const error = t.throws(() => loadConfig({ file, env: {} }), { instanceOf: ConfigError })
  const [first, ...lines] = error?.message.split('\n') ?? []
  t.is(first, `9 problems in ${file}`)
  t.deepEqual(
    lines.map((line) => /^ {2}- (.*:\d+): (\S+): /.exec(line)?.slice(1, 3)),
    [
      [`${file}:2`, 'listen.other'],
      [`${file}:4`, 'keys[0].secret'],
      [`${file}:6`, 'keys[1].secret'],
      [`${file}:11`, 'routes[0].claims[0].url'],
      [`${file}:12`, 'routes[0].key'],
      [`${file}:13`, 'routes[1].check'],
      [`${file}:15`, 'routes[1].verify[0].endpoint'],
      [`${file}:16`, 'routes[1].verify[0].timout'],
      [`${file}:17`, 'routes[2].keys']
    ],
    error?.message
  )
  t.throws(() => parse(text), {
    instanceOf: ConfigError,
    message: /\n {2}- line 12: routes\[0\]\.key: /
  })
})

test('a configuration given as data has no lines', (t) => {
  const error = t.throws(() => readConfig({ encKey, prot: 1 }, { env: {} }), {
    instanceOf: ConfigError
  })
  t.deepEqual(error?.message.split('\n'), [
    '2 problems in the configuration',
    '  - remote: expected an http:// or https:// URL, found nothing',
    '  - prot: unknown key, did you mean port?'
  ])
  t.true(error?.problems.every((problem) => !('line' in problem)))
  const nested = JSON.parse(`${'['.repeat(200)}${']'.repeat(200)}`)
  t.throws(() => readConfig({ nested }, { env: {} }), {
    message: '1 problem in the configuration\n  - nested deeper than 100 levels'
  })
  t.throws(() => readConfig('prot: 1\n', { env: {} }), { message: /\n {2}- line 1: prot: / })
})

test('a configuration is frozen', (t) => {
  const config = parse({
    listen: { admin: {} },
    keys: [{ kid: 'one', alg: 'HS256', secret: encKey }],
    routes: [
      {
        issue: '/token',
        claims: [{ from: 'remote', url: 'http://a', at: 'data', tls: {} }]
      },
      { check: '/check', verify: [{ keys: ['one'] }] }
    ]
  })
  const before = JSON.stringify(config)
  const objects = objectsIn(config)
  t.true(objects.length > 15)
  for (const object of objects) {
    t.throws(() => Object.assign(object, { added: 1 }), { instanceOf: TypeError })
    t.throws(() => Object.setPrototypeOf(object, {}), { instanceOf: TypeError })
    for (const key of Object.keys(object)) {
      t.throws(() => Object.assign(object, { [key]: 'other' }), { instanceOf: TypeError })
      t.false(Reflect.deleteProperty(object, key))
    }
  }
  t.throws(() => (config.keys as unknown[]).push({}), { instanceOf: TypeError })
  t.is(JSON.stringify(config), before)
})

function objectsIn(value: unknown): object[] {
  return typeof value === 'object' && value !== null
    ? [value, ...Object.values(value).flatMap(objectsIn)]
    : []
}
