import test, { type ExecutionContext } from 'ava'
import { ConfigError } from '../../src/config/problems.ts'
import * as yaml from '../../src/config/yaml.ts'

const SECRET = 'n0body-may-read-this'

/** The data of a text without problems. */
function parseYaml(text: string): unknown {
  const { value, problems } = yaml.parseYaml(text)
  if (problems.length > 0) throw new ConfigError(problems)
  return value
}

/** The problems of a text, none of which may hold the secret. */
function problemsOf(t: ExecutionContext, text: string): string[] {
  const { problems } = yaml.parseYaml(text)
  t.true(problems.length > 0)
  t.false(new ConfigError(problems).message.includes(SECRET))
  return problems.map(({ line, message }) => `line ${line}: ${message}`)
}

test('YAML 1.2 becomes plain data', (t) => {
  t.deepEqual(parseYaml('a: 1\nb: [x, "2", true, null, 1.5, 0x1F]\nc: {d: ~}\n'), {
    a: 1,
    b: ['x', '2', true, null, 1.5, 31],
    c: { d: null }
  })
  t.deepEqual(parseYaml('a: yes\nb: 2001-12-14\nc: 012\n'), { a: 'yes', b: '2001-12-14', c: 12 })
})

test('line ends of Windows and a byte order mark change nothing', (t) => {
  const expected = { a: { b: 1 }, c: 'text' }
  t.deepEqual(parseYaml('a:\r\n  b: 1\r\nc: text\r\n'), expected)
  t.deepEqual(parseYaml('\uFEFFa:\n  b: 1\nc: text\n'), expected)
})

test('an empty text gives no data', (t) => {
  for (const text of ['', '\n\n', '# only a comment\n', '---\n']) t.is(parseYaml(text), null)
})

test('a syntax error is reported with its line and without the text around it', (t) => {
  t.deepEqual(problemsOf(t, `a: 1\nencKey: "${SECRET}\nb: 2\n`), [
    'line 4: YAML: a closing quote is missing; look at line 2 too, where a quote or a bracket opens'
  ])
  t.deepEqual(problemsOf(t, `a: 1\nb: "\\q${SECRET}"\n`), ['line 2: YAML: bad dq escape'])
  t.deepEqual(problemsOf(t, `a: 1\n\tencKey: ${SECRET}\n`).length > 0, true)
  t.deepEqual(problemsOf(t, `a: ${SECRET}: ${SECRET}\n`), [
    'line 1: YAML: a second colon; put the value in quotes'
  ])
  t.true(problemsOf(t, `a: @${SECRET}\n`)[0]?.startsWith('line 1: '))
  t.true(problemsOf(t, `a: 1\nb: {c: ${SECRET}\n`)[0]?.startsWith('line '))
})

test('the first syntax error is reported, with how many more lines could not be read', (t) => {
  const routes = Array.from(
    { length: 20 },
    (_, n) => `  - { check: /${n}, verify: [{ keys: all }] }`
  )
  const slip = [' keys: []', 'routes:', ...routes].join('\n')
  t.deepEqual(problemsOf(t, slip), [
    'line 2: YAML: unexpected text; look at quotes, brackets and indentation; 20 more lines could not be read'
  ])
  t.deepEqual(problemsOf(t, `a: { b: 1\nc: ${SECRET}\n\td: 2\n`), [
    'line 3: YAML: a tab in the indentation, expected spaces; 1 more line could not be read'
  ])
  t.deepEqual(
    problemsOf(t, `a: { b: 1 }\na: @${SECRET}\n`).length,
    1,
    'what follows from it is not told'
  )
})

test('a setting that is too far to the right is found by its second colon', (t) => {
  t.deepEqual(problemsOf(t, `port: 1\n encKey: ${SECRET}\n`), [
    'line 1: YAML: wrong indentation of the line after it'
  ])
  t.deepEqual(problemsOf(t, `port: '1'\n encKey: ${SECRET}\n`), ['line 2: YAML: wrong indentation'])
  t.deepEqual(problemsOf(t, `port:1\nencKey: ${SECRET}\n`), [
    'line 1: YAML: a key of several lines, or one without a colon and a space'
  ])
})

test('a bracket or quote that is not closed is reported with the line where it opens', (t) => {
  t.deepEqual(problemsOf(t, `keys:\n  - { a: ${SECRET}\nroutes: []\n`), [
    'line 3: YAML: a closing } is missing, or wrong indentation inside of the brackets; look at line 2 too, where a quote or a bracket opens'
  ])
  t.deepEqual(problemsOf(t, `a: '${SECRET}\nb: 'x'\n`), [
    'line 1: YAML: a closing quote is missing'
  ])
  t.deepEqual(problemsOf(t, 'a: {\n  b: "1"\n  c: 2\n}\n'), [
    'line 3: YAML: a comma is missing; look at line 1 too, where a quote or a bracket opens'
  ])
})

test('an indentation and a missing sign are told apart', (t) => {
  for (const [text, expected] of [
    [
      'routes:\n  - check: /x\n   verify: [{ keys: all }]\n',
      '3: wrong indentation, or a dash is missing'
    ],
    ['listen:\n  main:\n    port: 1\n   admin:\n    port: 2\n', '4: wrong indentation'],
    ['keys:\n  - a: 1\n - b: 2\n', '3: wrong indentation'],
    [
      'a: [{ pick: { sub: id }]\nb: 2\n',
      '1: a closing } is missing, or wrong indentation inside of the brackets'
    ],
    ['a: { b: [1, 2 }\n', '1: a closing ] is missing, or wrong indentation inside of the brackets'],
    ['a: 1\nb 2\nc: 3\n', '2: a colon and a space are missing'],
    [
      'a: "x\n',
      '2: a closing quote is missing; look at line 1 too, where a quote or a bracket opens'
    ]
  ] as const) {
    const [line, what] = expected.split(/: (.*)/)
    t.deepEqual(problemsOf(t, text), [`line ${line}: YAML: ${what}`], text)
  }
})

test('all errors are reported at once', (t) => {
  t.deepEqual(problemsOf(t, `a: !x ${SECRET}\nb: 12345678901234567890\na: ${SECRET}\n`), [
    'line 3: YAML: the key a is there already',
    'line 1: a tag is not supported; put text that starts with ! in quotes',
    'line 2: number would be rounded; put it in quotes'
  ])
})

test('a key that may be a secret is not named', (t) => {
  t.deepEqual(problemsOf(t, `${SECRET}: 1\n${SECRET}: 2\n`), [
    'line 2: YAML: a key that is there already'
  ])
})

test('one document is expected', (t) => {
  t.deepEqual(problemsOf(t, `a: 1\n---\na: ${SECRET}\n`), [
    'line 2: YAML: a second document, expected one'
  ])
})

test('keys are text', (t) => {
  t.deepEqual(parseYaml('1: a\n"b": 2\n'), { 1: 'a', b: 2 })
  t.deepEqual(problemsOf(t, `? [${SECRET}]\n: 1\n`), ['line 1: YAML: non string key'])
})

test('a key named __proto__ is rejected: the schema library would lose it', (t) => {
  for (const key of ['__proto__', '"__proto__"', '"\\x5f_proto__"']) {
    t.deepEqual(problemsOf(t, `a: 1\nb: { ${key}: { c: 1 } }\n`), [
      'line 2: a key named __proto__ is not supported'
    ])
  }
})

test('tags are rejected, and not quoted: a secret may start with an exclamation mark', (t) => {
  for (const text of [
    `a: !${SECRET}`,
    `a: !${SECRET} b`,
    'a: !!str 1',
    'a: ! 1',
    'a: !!binary aGk='
  ]) {
    t.deepEqual(problemsOf(t, text), [
      'line 1: a tag is not supported; put text that starts with ! in quotes'
    ])
  }
})

test('other versions of YAML are rejected: 1.1 has merge keys, dates and yes for true', (t) => {
  t.deepEqual(problemsOf(t, '%YAML 1.1\n---\na: yes\n'), [
    'line 1: YAML 1.1 is not supported, expected 1.2'
  ])
  t.true(problemsOf(t, '%YAML 1.3\n---\na: yes\n').length > 0)
  t.deepEqual(parseYaml('%YAML 1.2\n---\na: yes\n'), { a: 'yes' })
})

test('an alias has the value of its anchor', (t) => {
  t.deepEqual(parseYaml('a: &x {b: 1}\nc: *x\nd: *x\n'), { a: { b: 1 }, c: { b: 1 }, d: { b: 1 } })
})

test('an alias without an anchor is rejected, and not quoted: a secret may start with an asterisk', (t) => {
  const expected = ['line 2: an alias has no anchor; put text that starts with * in quotes']
  t.deepEqual(problemsOf(t, `a: 1\nencKey: *${SECRET}\n`), expected)
  t.deepEqual(problemsOf(t, `a: 1\nb: *${SECRET}\nc: &${SECRET} 1\n`), expected)
})

test('an alias inside of its own anchor is rejected', (t) => {
  const expected = ['line 1: an alias is inside of its own anchor']
  t.deepEqual(problemsOf(t, 'a: &x [*x]\n'), expected)
  t.deepEqual(problemsOf(t, 'a: &x {b: {c: [1, *x]}}\n'), expected)
})

test('a few aliases are fine, more are rejected', (t) => {
  const aliases = (count: number) => `a: &x 1\nb: [${Array(count).fill('*x').join(', ')}]\n`
  t.deepEqual(parseYaml(aliases(20)), { a: 1, b: Array(20).fill(1) })
  t.deepEqual(problemsOf(t, aliases(21)), ['line 2: 21 aliases, expected at most 20'])
})

test('few aliases that expand to much are rejected', (t) => {
  const bomb = `a: &a [1, 1, 1, 1, 1]
b: &b [*a, *a, *a, *a]
c: &c [*b, *b, *b, *b]
d: &d [*c, *c, *c, *c]
e: &e [*d, *d, *d, *d]
`
  t.deepEqual(problemsOf(t, bomb), [
    'line 5: aliases expand to too much data, expected fewer of them'
  ])
})

test('merge keys are rejected', (t) => {
  const expected = ['line 2: merge key << is not supported']
  t.deepEqual(problemsOf(t, 'a: &x {b: 1}\nc: {<<: *x}\n'), expected)
  t.deepEqual(problemsOf(t, 'a: &x {b: 1}\n<<: [*x, *x]\n'), expected)
  t.deepEqual(parseYaml('"<<": 1\n'), { '<<': 1 })
})

test('numbers that JavaScript would round are rejected', (t) => {
  for (const number of [
    '12345678901234567890',
    '-9007199254740993',
    '0.1234567890123456789',
    '1234567890.12345678901',
    '1.7976931348623157e309',
    '1e400',
    '1e-400',
    '0xFFFFFFFFFFFFFFFF',
    '0o7777777777777777777777',
    '.inf',
    '-.inf',
    '.nan'
  ]) {
    t.deepEqual(problemsOf(t, `a: ${number}\n`), [
      'line 1: number would be rounded; put it in quotes'
    ])
  }
})

test('numbers that JavaScript keeps are taken', (t) => {
  const numbers = [
    '0',
    '-1',
    '9007199254740991',
    '9007199254740992',
    '0.1',
    '1.10',
    '1e3',
    '1E-7',
    '-2.5e+10',
    '0x1F',
    '.5'
  ]
  for (const number of numbers) t.deepEqual(parseYaml(`a: ${number}\n`), { a: Number(number) })
  t.deepEqual(parseYaml('a: 0.30000000000000004\n'), { a: 0.1 + 0.2 })
  t.deepEqual(parseYaml('a: "12345678901234567890"\n'), { a: '12345678901234567890' })
})

test('deep nesting is rejected before it can exhaust the stack', (t) => {
  const flow = (depth: number) => `a: ${'['.repeat(depth)}${']'.repeat(depth)}\n`
  const block = (depth: number) =>
    Array.from({ length: depth }, (_, level) => `${' '.repeat(level)}a:\n`).join('')
  t.notThrows(() => parseYaml(flow(99)))
  t.notThrows(() => parseYaml(block(100)))
  for (const depth of [101, 400, 800]) {
    t.deepEqual(problemsOf(t, flow(depth)), ['line 1: nested deeper than 100 levels'])
    t.deepEqual(problemsOf(t, block(depth)), ['line 101: nested deeper than 100 levels'])
  }
  t.true(problemsOf(t, flow(50_000)).length > 0)
})

test('a setting is in the line of its key, an item in the line where it starts', (t) => {
  const { lineOf } = yaml.parseYaml(`listen:
  main: { port: 1,
    host: a }
keys:
  - kid: a
    secret: >-
      a
      b
  -
    # a comment
    kid: b
routes: &r [
  1,
  2]
`)
  t.is(lineOf(['listen']), 1)
  t.is(lineOf(['listen', 'main', 'port']), 2)
  t.is(lineOf(['listen', 'main', 'host']), 3)
  t.is(lineOf(['keys', 0]), 5)
  t.is(lineOf(['keys', 0, 'secret']), 6)
  t.is(lineOf(['keys', 1]), 11)
  t.is(lineOf(['keys', 1, 'kid']), 11)
  t.is(lineOf(['routes', 1]), 14)
})

test('a setting that is missing is in the line of the map or list that lacks it', (t) => {
  const { lineOf } = yaml.parseYaml(`# a comment
listen:
  main:
    port: 1
keys: [{ kid: a }]
'a b':
`)
  t.is(lineOf([]), 2)
  t.is(lineOf(['routes', 0, 'issue']), 2)
  t.is(lineOf(['listen', 'main', 'tls', 'cert']), 3)
  t.is(lineOf(['keys', 0, 'alg']), 5)
  t.is(lineOf(['keys', 7]), 5)
  t.is(lineOf(['a b', 'c']), 6)
  for (const text of ['', '# nothing\n', 'text']) t.is(yaml.parseYaml(text).lineOf(['a']), 1)
})

test('the content of an alias is where its anchor is', (t) => {
  const { lineOf } = yaml.parseYaml(`a: &x
  b:
    c: 1
d: *x
e:
  - *x
`)
  t.is(lineOf(['d']), 4)
  t.is(lineOf(['d', 'b', 'c']), 3)
  t.is(lineOf(['e', 0]), 6)
  t.is(lineOf(['e', 0, 'b']), 2)
  t.is(lineOf(['d', 'other']), 4)
})
