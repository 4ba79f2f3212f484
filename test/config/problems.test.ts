import test from 'ava'
import { ConfigError } from '../../src/config/problems.ts'
import { nearest } from '../../src/settings/nearest.ts'
import { formatPath } from '../../src/settings/problem.ts'
import { problemsOf } from '../helpers/config.ts'

test('a path is written as in the file', (t) => {
  t.is(formatPath(['port']), 'port')
  t.is(formatPath(['listen', 'main', 'port']), 'listen.main.port')
  t.is(formatPath(['routes', 0, 'claims', 12, 'url']), 'routes[0].claims[12].url')
  t.is(formatPath(['headers', 'X-Api-Key']), 'headers.X-Api-Key')
})

test('a key that is not a plain word is in quotes, and on one line', (t) => {
  t.is(formatPath(['a.b', '', 'c d']), '["a.b"][""]["c d"]')
  t.is(formatPath(['a', 'b\n\u001b[31m']), 'a["b\\n\\u001b[31m"]')
})

test('the error has every problem with its path, the file and the line', (t) => {
  const problems = [
    { path: ['keys', 0, 'alg'], message: 'expected another' },
    { path: [], message: 'wrong', line: 3 }
  ]
  const lineOf = (path: readonly PropertyKey[]) => path.length + 10
  const error = new ConfigError(problems, { file: '/etc/txtoken.yml', lineOf })
  t.is(error.name, 'ConfigError')
  t.deepEqual(error.problems, [
    { path: [], message: 'wrong', line: 3 },
    { path: ['keys', 0, 'alg'], message: 'expected another', line: 13 }
  ])
  t.is(
    error.message,
    '2 problems in /etc/txtoken.yml\n  - /etc/txtoken.yml:3: wrong\n  - /etc/txtoken.yml:13: keys[0].alg: expected another'
  )
  t.is(
    new ConfigError(problems, { lineOf }).message,
    '2 problems in the configuration\n  - line 3: wrong\n  - line 13: keys[0].alg: expected another'
  )
  t.is(
    new ConfigError([{ path: ['port'], message: 'wrong' }]).message,
    '1 problem in the configuration\n  - port: wrong'
  )
})

const WORDS = ['port', 'debug', 'encKey', 'remote', 'expHours', 'getTokenRoute', 'checkTokenRoute']

test('the nearest known word is found', (t) => {
  t.is(nearest('prot', WORDS), 'port')
  t.is(nearest('enckey', WORDS), 'encKey')
  t.is(nearest('encryptionKey', ['encKey']), undefined)
  t.is(nearest('getTokensRoute', WORDS), 'getTokenRoute')
  t.is(nearest('CHECKTOKENROUTE', WORDS), 'checkTokenRoute')
  t.is(nearest('hours', ['expHours']), undefined)
})

test('a word that is not similar to any has none', (t) => {
  for (const word of ['', 'x', 'timeout', 'completelyDifferent', 'ü'.repeat(1000)]) {
    t.is(nearest(word, WORDS), undefined, word)
  }
  t.is(nearest('port', []), undefined)
})

test('a fixed word that is misspelt gets the one that was probably meant', (t) => {
  const config = {
    log: { pretty: 'outo', level: 'nothing' },
    keys: [{ alg: 'hs256', secret: 'a secret of thirty-two characters or more' }],
    routes: [
      { issue: '/token', claims: [{ from: 'remot', url: 'https://a.example', at: 'data' }] },
      { check: '/check', protocol: 'oker', verify: [{ keys: 'al' }] }
    ]
  }
  t.deepEqual(
    problemsOf(t, config).map((problem) => problem.replace(/(?<=: expected ).*(?=;)/, '...')),
    [
      'log.level: expected trace, debug, info, warn, error or fatal',
      'log.pretty: expected ...; did you mean auto?',
      'keys[0].alg: expected ...; did you mean HS256?',
      'routes[0].claims[0].from: expected ...; did you mean remote?',
      'routes[1].protocol: expected ...; did you mean okera?',
      'routes[1].verify[0].keys: expected ...; did you mean all?'
    ]
  )
})

test('another algorithm is no misspelling of one', (t) => {
  const keys = [{ alg: 'HS255', secret: 'a secret of thirty-two characters or more' }]
  const [problem = ''] = problemsOf(t, { keys, routes: [] })
  t.regex(problem, /^keys\[0\]\.alg: expected one of .*Ed25519, RSA256, RSA512$/)
})

test('a wrong value from the environment is reported with its variable', (t) => {
  const config = {
    port: '${PORT:-8888}',
    debug: '${DEBUG:-perhaps}',
    encKey: '${ENC_KEY}',
    remote: '${REMOTE}/login'
  }
  t.deepEqual(problemsOf(t, config, { env: { PORT: 'abc', ENC_KEY: 'short', REMOTE: 'x' } }), [
    'port: expected a whole number from 0 to 65535 (environment variable PORT)',
    'debug: expected true or false',
    'remote: expected an http:// or https:// URL',
    'encKey: found a secret of 5 bytes, expected at least 32 bytes for HS256 (RFC 7518, section 3.2) (environment variable ENC_KEY)'
  ])
})

test('a port that no URL can have is reported', (t) => {
  const config = { encKey: 'a secret of thirty-two characters or more' }
  for (const remote of ['http://x:99999/y', 'https://[::1]:70000']) {
    t.deepEqual(problemsOf(t, { ...config, remote }), [
      'remote: expected a URL with a port from 1 to 65535'
    ])
  }
})
