import { createHash } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { fullConfig } from '../helpers/config-texts.ts'
import { send } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'
import { makeToken, signParts } from '../helpers/tokens.ts'

const NOW_SECONDS = 1_800_000_000
const KEYS = [{ alg: 'HS256', kid: 'now', secret: '${ENC_KEY}' }]

interface Options {
  log?: Record<string, unknown>
  check?: Record<string, unknown>
}

/** Checks a token, and returns the text of its log line, and the `token` in it. */
async function checkLogged(t: ExecutionContext, token: string, { log, check }: Options = {}) {
  const config = fullConfig('http://127.0.0.1:1/', {
    more: {
      log,
      keys: KEYS,
      routes: [{ check: '/checkToken', verify: [{ keys: 'all' }], ...check }]
    }
  })
  const service = await startService(t, { config, now: () => NOW_SECONDS * 1000 })
  const headers = { authorization: `Bearer ${token}` }
  const { status } = await send(`${service.url}/checkToken`, { headers })
  const [line = {}] = await service.requestLines(1)
  t.is(service.log.length, 1)
  return { status, text: JSON.stringify(line), token: line.token }
}

const HEADER = '{"alg":"HS256","kid":"now"}'
const CLAIMS = {
  iss: 'https://login.example.com',
  jti: 'a-1',
  sub: 'ada@example.com',
  exp: NOW_SECONDS - 184
}

test('the line of an expired token has its kid, alg, iss and jti, and how long ago it expired', async (t) => {
  const { status, token } = await checkLogged(
    t,
    makeToken(JSON.stringify(CLAIMS), { header: HEADER })
  )
  t.is(status, 401)
  t.deepEqual(token, {
    verified: true,
    kid: 'now',
    alg: 'HS256',
    iss: 'https://login.example.com',
    jti: 'a-1',
    expiredSecondsAgo: 184
  })
})

test('with log.subjects the line has the subject', async (t) => {
  const raw = makeToken(JSON.stringify(CLAIMS), { header: HEADER })
  const { token } = await checkLogged(t, raw, { log: { subjects: true } })
  t.is((token as { sub: unknown }).sub, 'ada@example.com')
})

test('with log.subjects: hash the line has a hash that can be searched by subject', async (t) => {
  const raw = makeToken(JSON.stringify(CLAIMS), { header: HEADER })
  const { token, text } = await checkLogged(t, raw, { log: { subjects: 'hash' } })
  const digest = createHash('sha256').update('ada@example.com').digest('hex')
  t.is((token as { sub: unknown }).sub, digest.slice(0, 16))
  t.false(text.includes('ada@example.com'))
})

for (const [what, check] of [
  ['a requirement', { require: { audience: 'https://other.example.com' } }],
  ['a group', { groups: [{ from: 'token' }], require: { groups: ['admins'] } }]
] as const) {
  test(`a verified token that lacks ${what} is logged as verified, and not as expired`, async (t) => {
    const claims = JSON.stringify({ ...CLAIMS, exp: NOW_SECONDS + 60 })
    const { status, token } = await checkLogged(t, makeToken(claims, { header: HEADER }), { check })
    t.true(status === 401 || status === 403)
    t.like(token, { verified: true, jti: 'a-1', expiredSecondsAgo: undefined })
  })
}

test('an unverified token is logged as unverified', async (t) => {
  const raw = makeToken(JSON.stringify(CLAIMS), { header: HEADER, secret: 'of somebody else' })
  const { token } = await checkLogged(t, raw)
  t.like(token, { verified: false, kid: 'now', iss: 'https://login.example.com' })
})

test('values of an unverified token are cut, and their control characters are escaped', async (t) => {
  const nasty = `\u001b[2J\u009b31m\r\n{"level":"fatal"}\u202e\ud800${'x'.repeat(1000)}`
  const claims = JSON.stringify({ iss: nasty, jti: nasty, sub: nasty, exp: 1 })
  const header = JSON.stringify({ alg: `none-${nasty}`, kid: nasty })
  const { text, token } = await checkLogged(t, makeToken(claims, { header }), {
    log: { subjects: true }
  })
  t.true(text.length < 2500, `${text.length} characters`)
  const { verified, expiredSecondsAgo, ...values } = token as Record<string, unknown>
  t.deepEqual([verified, expiredSecondsAgo], [false, NOW_SECONDS - 1])
  t.deepEqual(Object.keys(values), ['kid', 'alg', 'iss', 'jti', 'sub'])
  for (const value of Object.values(values)) {
    t.regex(
      String(value),
      /\\u001b\[2J\\u009b31m\\u000d\\u000a\{"level":"fatal"\}\\u202e\\ud800x+…$/
    )
  }
})

test('values that are not text are left out', async (t) => {
  const claims = '{"iss":["https://a"],"jti":{"a":1},"sub":7,"exp":1e400}'
  const { token } = await checkLogged(t, makeToken(claims, { header: HEADER }), {
    log: { subjects: true }
  })
  t.deepEqual(token, { verified: true, kid: 'now', alg: 'HS256' })
})

/** All values of a token that the lines must not have. */
const SEED = 'seed-of-the-token'

for (const subjects of [false, 'hash', true] as const) {
  test(`nothing else of a token is in the log, with log.subjects: ${subjects}`, async (t) => {
    const claims = {
      ...CLAIMS,
      exp: NOW_SECONDS - 1,
      aud: `aud-${SEED}`,
      scope: `scope-${SEED}`,
      data: { password: SEED, [SEED]: [SEED] },
      [`name-${SEED}`]: 1
    }
    const header = JSON.stringify({ ...JSON.parse(HEADER), typ: SEED, [SEED]: SEED })
    const good = makeToken(JSON.stringify(claims), { header })
    const cases = [
      good,
      makeToken(JSON.stringify(claims), { header, secret: 'of somebody else' }),
      makeToken(JSON.stringify({ ...claims, exp: NOW_SECONDS + 60 }), { header }),
      makeToken(JSON.stringify(claims), { header: header.replace('"HS256"', '"HS512"') }),
      makeToken(JSON.stringify(claims), { header: header.replace('"HS256"', '"none"') }),
      signParts(`${good.split('.', 1)}.${SEED}`),
      `${good}.${SEED}`
    ]
    for (const raw of cases) {
      const check = { require: { audience: 'https://other.example.com' } }
      const { status, text } = await checkLogged(t, raw, {
        log: { subjects, level: 'trace' },
        check
      })
      t.is(status, 401)
      for (const part of [SEED, ...raw.split('.')]) t.false(text.includes(part), text)
    }
  })
}

test('nothing of a token that is not a JWT is logged', async (t) => {
  const { status, text } = await checkLogged(t, 'opaque-token')
  t.is(status, 401)
  t.false(text.includes('opaque-token'))
})
