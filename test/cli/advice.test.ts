/** `check-config --advice`: settings that are allowed but unwise. */
import { readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'
import { runCommand } from '../helpers/command-line.ts'
import { flatConfig } from '../helpers/config-texts.ts'
import { writeConfig } from '../helpers/folder.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

/** Nothing in it is unwise. */
const WISE = {
  listen: { main: { port: 8888 }, admin: { port: 9090 } },
  issuer: 'https://tokens.example.com',
  keys: [{ alg: 'ES256', generate: { dir: '/keys', rotateEvery: '168h' } }],
  routes: [
    {
      issue: '/getToken',
      claims: [{ from: 'remote', url: 'https://a.example.com/', pick: { sub: 'id' }, at: 'data' }],
      attempts: { by: ['client'], allow: 10, per: '1m' }
    },
    { check: '/checkToken', verify: [{ keys: 'all' }] }
  ]
}
const [ISSUE, CHECK] = WISE.routes

async function advise(t: ExecutionContext, config: object) {
  const file = await writeConfig(t, JSON.stringify(config))
  const env = { ENC_KEY }
  const { code, stdout, stderr } = await runCommand(['check-config', file, '--advice', '--json'], {
    env
  })
  t.is(code, 0, stdout + stderr)
  const { advice } = JSON.parse(stdout) as {
    advice: { kind: string; path: string; page: string }[]
  }
  return advice.map(({ kind, path }) => `${kind} ${path}`)
}

test('a configuration with nothing unwise in it gets no advice', async (t) => {
  t.deepEqual(await advise(t, WISE), [])
})

const issue = (more: object) => ({ routes: [{ ...ISSUE, ...more }, CHECK] })
const SECRET = { alg: 'HS256', secret: '${ENC_KEY}' }
for (const [title, more, expected] of [
  ['no issuer', { issuer: undefined }, ['no_issuer issuer']],
  ['a long lifetime', issue({ lifetime: '25h' }), ['long_lifetime routes[0].lifetime']],
  [
    'a long lifetime that clients ask for',
    issue({ lifetime: { body: 'ttl', max: '30d' } }),
    ['long_lifetime routes[0].lifetime']
  ],
  ['a shared secret', { keys: [SECRET] }, ['shared_secret keys[0].alg']],
  [
    'plain HTTP to another machine',
    {
      routes: [
        {
          ...ISSUE,
          claims: [{ from: 'remote', url: 'http://api:80/', pick: { sub: 'id' }, at: 'data' }]
        },
        {
          ...CHECK,
          verify: [
            { jwks: 'http://b/', issuer: 'https://b', algorithms: ['ES256'], allowHttp: true },
            {
              jwks: 'http://127.0.0.1/',
              issuer: 'https://c',
              algorithms: ['ES256'],
              allowHttp: true
            }
          ]
        }
      ]
    },
    ['plain_http routes[0].claims[0].url', 'plain_http routes[1].verify[0].jwks']
  ],
  [
    'no subject',
    issue({ claims: [{ from: 'remote', url: 'https://a.example.com/', at: 'data' }] }),
    ['no_subject routes[0].claims']
  ],
  ['metrics for everybody', { listen: { main: {} } }, ['public_metrics listen.admin']],
  [
    'a route with metrics for anyone',
    { routes: [...WISE.routes, { metrics: '/numbers', on: 'main' }] },
    ['public_metrics routes[2].metrics']
  ],
  ['no limit of attempts', issue({ attempts: undefined }), ['no_attempts routes[0].attempts']],
  [
    'a published secret',
    {
      listen: { main: { host: '127.0.0.1' }, admin: { host: '127.0.0.1', port: 9090 } },
      keys: [{ alg: 'HS256', secret: '12345678901234567890123456789012' }]
    },
    ['shared_secret keys[0].alg', 'weak_secret keys[0].secret']
  ]
] as const) {
  test(`${title} is advised against`, async (t) => {
    t.deepEqual((await advise(t, { ...WISE, ...more })).toSorted(), [...expected].toSorted())
  })
}

test('advice on a flat form uses the names of its settings', async (t) => {
  const config = flatConfig('http://api.example.com/', { expHours: 48 })
  t.deepEqual((await advise(t, JSON.parse(config))).toSorted(), [
    'long_lifetime expHours',
    'no_attempts remote',
    'no_issuer ',
    'no_subject subject',
    'plain_http remote',
    'public_metrics port',
    'shared_secret encKey'
  ])
})

test('advice on a flat form can be followed there, or says that it needs the full form', async (t) => {
  const file = await writeConfig(t, flatConfig('http://api.example.com/', { expHours: 48 }))
  const { stdout } = await runCommand(['check-config', file, '--advice'], { env: { ENC_KEY } })
  const lines = stdout.split('\n').filter((line) => line.startsWith('advice'))
  const remedies = lines.map((line) => line.replace(/^[^;]*; (.*) \(docs.*$/, '$1')).toSorted()
  const full = 'needs the full form: txtoken check-config --print writes this file in it'
  t.deepEqual(remedies, [
    `an issuer ${full}`,
    `another listener ${full}`,
    `expected 24 at most; a refresh token for users who stay logged in for longer ${full}`,
    `expected a limit in the proxy in front; a limit here ${full}`,
    'expected https://',
    'expected the path of the user in the reply of the remote, such as subject: id',
    `with more than one, expected services that ask checkTokenRoute; a key pair such as ES256 ${full}`
  ])
})

test('each line has the path of the setting, and the page with the reason', async (t) => {
  const file = await writeConfig(t, flatConfig('https://api.example.com/', { expHours: 48 }))
  const { code, stdout } = await runCommand(['check-config', file, '--advice'], {
    env: { ENC_KEY }
  })
  t.is(code, 0)
  t.true(
    stdout.includes(
      `advice: ${file}:1: expHours: a token is valid for 48 hours, and cannot be revoked; expected 24 at most; a refresh token for users who stay logged in for longer needs the full form: txtoken check-config --print writes this file in it (docs/advice.md#long_lifetime)\n`
    ),
    stdout
  )
  const { stdout: without } = await runCommand(['check-config', file], { env: { ENC_KEY } })
  t.false(without.includes('advice'))
})

test('the page has a section for each kind of advice and of warning, and no other', (t) => {
  const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const kinds = [
    ...(/type AdviceKind =([^;]*?)\n\n/s.exec(read('src/config/advice.ts'))?.[1] ?? '').matchAll(
      /'(\w+)'/g
    ),
    ...(/interface Warning[^}]*/s.exec(read('src/settings/problem.ts'))?.[0] ?? '').matchAll(
      /'(\w+)'/g
    )
  ].map(([, kind]) => kind)
  const sections = [...read('docs/advice.md').matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
  t.deepEqual(sections.toSorted(), [...new Set(kinds)].toSorted())
})
