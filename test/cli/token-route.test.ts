/** `token verify --config`: the check of a route, step by step. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { runCommand } from '../helpers/command-line.ts'
import { writeConfig } from '../helpers/folder.ts'
import { post } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const NOW = 1_800_000_000
const HEADER = '{"alg":"HS256","kid":"now"}'

interface Options {
  /** More settings of the check route. */
  check?: Record<string, unknown>
  /** More settings of the configuration. */
  more?: Record<string, unknown>
  args?: string[]
  claims?: object
  token?: string
}

/** Runs the command with a token of these claims. */
async function verify(t: ExecutionContext, { check, more, args = [], claims, token }: Options) {
  const config = {
    keys: [{ alg: 'HS256', kid: 'now', secret: '${ENC_KEY}' }],
    routes: [{ check: '/checkToken', verify: [{ keys: 'all' }], ...check }],
    ...more
  }
  const file = await writeConfig(t, JSON.stringify(config))
  const payload = JSON.stringify({ sub: 'ada', exp: NOW + 60, ...claims })
  return runCommand(['token', 'verify', '--config', file, ...args], {
    input: token ?? makeToken(payload, { header: HEADER }),
    env: { ENC_KEY },
    now: () => NOW * 1000
  })
}

/** The steps of its report by name. */
async function stepsOf(t: ExecutionContext, options: Options) {
  const { code, stdout } = await verify(t, { ...options, args: ['--json'] })
  const { outcome, error, steps, token } = JSON.parse(stdout)
  const results = steps.map(({ step, result }: Record<string, string>) => [step, result])
  return {
    code,
    outcome,
    reason: error?.reason,
    results: Object.fromEntries(results),
    steps,
    token
  }
}

test('each step of a good token passes, and the exit code is 0', async (t) => {
  const { code, stdout, stderr } = await verify(t, {})
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  t.is(
    stdout,
    `ok   form: passed
ok   verify[0] keys: verified with the key now
ok   no service bearer: passed
ok   times: exp 2027-01-15T08:01:00.000Z, in 60 seconds
header: {"alg":"HS256","kid":"now"}
claims: {"sub":"ada","exp":1800000060}
accepted
`
  )
})

test('CFG_FILE names the configuration, unless an option names a key', async (t) => {
  const key = { alg: 'HS256', kid: 'now', secret: '${ENC_KEY}' }
  const route = { check: '/checkToken', verify: [{ keys: 'all' }] }
  const run = async (routes: object[], ...args: string[]) =>
    runCommand(['token', 'verify', ...args], {
      input: makeToken(JSON.stringify({ sub: 'ada', exp: NOW + 60 }), { header: HEADER }),
      env: { ENC_KEY, CFG_FILE: await writeConfig(t, JSON.stringify({ keys: [key], routes })) },
      now: () => NOW * 1000
    })
  t.true((await run([route])).stdout.endsWith('accepted\n'))
  const several = await run([route, { ...route, check: '/other' }])
  t.is(several.code, 2)
  t.regex(several.stderr, /expected --route to be one of \/checkToken, \/other/)
  const { stderr } = await run([], '--secret-env', 'ENC_KEY', '--alg', 'HS256')
  t.is(stderr, 'valid\n')
})

test('the step that rejects a token is shown with its reason, and the exit code is 1', async (t) => {
  const { code, stdout } = await verify(t, { claims: { exp: NOW - 184 } })
  t.is(code, 1)
  t.true(
    stdout.includes(
      'FAIL times: Token is expired: exp 2027-01-15T07:56:56.000Z, 3 minutes ago (expired)\n'
    )
  )
  t.true(stdout.endsWith('rejected: 401 Token is expired\n'))
})

test('an unmet requirement does not hide the next ones, and the first decides', async (t) => {
  const require = { issuer: 'https://a.example.com', audience: 'me', scopes: ['read'], sub: true }
  const { code, outcome, reason, results } = await stepsOf(t, {
    check: { require },
    claims: { exp: NOW - 184 }
  })
  t.deepEqual({ code, outcome, reason }, { code: 1, outcome: 'rejected', reason: 'expired' })
  t.deepEqual(results, {
    form: 'passed',
    'verify[0] keys': 'passed',
    'no service bearer': 'passed',
    times: 'rejected',
    'require.issuer': 'rejected',
    'require.audience': 'rejected',
    'require.sub': 'passed',
    'require.scopes': 'rejected'
  })
})

test('a token that cannot be read reaches no further step', async (t) => {
  const { outcome, results, token } = await stepsOf(t, { token: 'no token' })
  t.is(outcome, 'rejected')
  t.is(token, undefined)
  t.like(results, { form: 'rejected', 'verify[0] keys': 'not reached', times: 'not reached' })
})

test('verifiers are shown one by one, also where the next one follows a rejection', async (t) => {
  const more = {
    keys: [
      { alg: 'HS256', kid: 'now', secret: '${ENC_KEY}' },
      { alg: 'HS512', kid: 'other', secret: '${ENC_KEY}${ENC_KEY}' }
    ]
  }
  const check = {
    verify: [{ keys: ['other'] }, { keys: ['now'], issuer: 'https://b' }, { keys: ['now'] }],
    onRefusal: 'next'
  }
  const wrong = makeToken('{"exp":9999999999}', { header: HEADER, secret: 'of somebody else' })
  const { results, reason, token } = await stepsOf(t, { more, check, token: wrong })
  t.deepEqual(results, {
    form: 'passed',
    'verify[0] keys': 'not its own',
    'verify[1] keys': 'not its own',
    'verify[2] keys': 'not its own',
    'no service bearer': 'not reached',
    times: 'not reached'
  })
  t.is(reason, 'key')
  t.is(token.verified, false)
})

test('each place for groups is a step, and required groups are another one', async (t) => {
  const check = {
    groups: [{ from: 'token', claim: 'teams' }, { from: 'token' }],
    require: { groups: ['admins'] }
  }
  const { code, outcome, results, steps } = await stepsOf(t, {
    check,
    claims: { groups: ['users'] }
  })
  t.deepEqual({ code, outcome }, { code: 1, outcome: 'rejected' })
  t.like(results, {
    'groups[0] token': 'not its own',
    'groups[1] token': 'passed',
    'require.groups': 'rejected'
  })
  t.is(steps.at(-2).found, '1 groups: users')
  const { code: good } = await stepsOf(t, { check, claims: { groups: ['Admins'] } })
  t.is(good, 0)
})

test('a token is undecided where only the running service knows the revocations', async (t) => {
  const { code, outcome, results, steps } = await stepsOf(t, {
    more: { revocation: { store: 'memory' } }
  })
  t.deepEqual({ code, outcome }, { code: 1, outcome: 'undecided' })
  t.like(results, { times: 'passed', revocation: 'unavailable' })
  t.regex(steps.at(-1).found, /revocations are in the memory of the service/)
})

test('revocations that only the running service knows do not hide its answer', async (t) => {
  const check = {
    require: { audience: 'me' },
    groups: [{ from: 'token' }]
  }
  for (const store of ['memory', `file:${join(await createTemporaryFolder(t), 'revoked')}`]) {
    const more = { revocation: { store } }
    const { code, stdout } = await verify(t, { check, more })
    t.is(code, 1)
    t.regex(stdout, /^\?\? {3}revocation: /m)
    t.regex(stdout, /^FAIL require.audience: Token has no aud \(audience\)$/m)
    t.true(stdout.endsWith('\nrejected: 401 Token has no aud\n'), stdout)

    const claims = { aud: 'me', groups: ['users'] }
    const good = await verify(t, { check, more, claims })
    t.is(good.code, 1)
    t.regex(good.stdout, /^ok {3}groups\[0\] token: 1 groups: users$/m)
    t.true(good.stdout.endsWith('\naccepted, unless it is revoked\n'), good.stdout)
  }
})

test('a directory of generated keys is read, and nothing is written to it', async (t) => {
  const dir = join(await createTemporaryFolder(t), 'keys')
  const more = { keys: [{ alg: 'ES256', generate: { dir, rotateEvery: '168h' } }] }
  const { code, stderr } = await verify(t, { more })
  t.is(code, 1)
  t.regex(stderr, /cannot open the directory: ENOENT/)
  const remote = await startRemote(t, replying('{"id":1}'))
  const issue = { issue: '/getToken', claims: [{ from: 'remote', url: remote.url, at: 'data' }] }
  const service = await startService(t, {
    config: JSON.stringify({ ...more, routes: [issue] }),
    now: () => NOW * 1000
  })
  const { token } = JSON.parse((await post(`${service.url}/getToken`, '{}')).text)
  const files = await readdir(dir)
  const { outcome } = await stepsOf(t, { more, token })
  t.is(outcome, 'accepted')
  t.deepEqual(await readdir(dir), files)
})

test('the route has to be one that checks tokens', async (t) => {
  const second = { check: '/other', verify: [{ keys: 'all' }], requireExp: false }
  const first = { check: '/checkToken', verify: [{ keys: 'all' }] }
  const more = { routes: [first, second, { health: '/up' }] }
  for (const [args, message] of [
    [[], 'expected --route to be one of /checkToken, /other'],
    [['--route', '/up'], 'no check route /up, expected --route to be one of /checkToken, /other'],
    [['--route', '/other', '--alg', 'HS256'], '--alg does not go with --config']
  ] as const) {
    const { code, stderr } = await verify(t, { more, args: [...args] })
    t.is(code, 2)
    t.true(stderr.includes(message), stderr)
  }
  const { code } = await verify(t, { more, args: ['--route', '/other'] })
  t.is(code, 0)
})
