import type { ServerResponse } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import {
  createServiceToken,
  ServiceTokenError,
  type ServiceTokenOptions
} from '../../src/client/client.ts'
import { createFakeClock } from '../helpers/fake-clock.ts'
import { refusingUrl, replying, startRemote } from '../helpers/remote.ts'
import { makeToken } from '../helpers/tokens.ts'

const API_KEY = 'api-key-of-the-microservice'

function create(t: ExecutionContext, options: ServiceTokenOptions) {
  const serviceToken = createServiceToken({ allowHttp: true, random: () => 0.5, ...options })
  t.teardown(serviceToken.close)
  return serviceToken
}

/** An issuer with a fake clock: each token is valid for 1000 seconds and has its number. */
async function startIssuer(t: ExecutionContext) {
  const clock = createFakeClock()
  let count = 0
  const issuer = {
    /** The answer in place of a token. */
    answer: undefined as ((response: ServerResponse) => void) | undefined,
    issue(): string {
      const seconds = Math.floor(clock.now() / 1000)
      count++
      return makeToken(JSON.stringify({ iat: seconds, exp: seconds + 1000, count }))
    }
  }
  const remote = await startRemote(t, (response) => {
    if (issuer.answer !== undefined) issuer.answer(response)
    else replying(JSON.stringify({ token: issuer.issue() }))(response)
  })
  return { ...remote, clock, issuer }
}

function countOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).count
}

test('the token is fetched at the start, once for all callers, with API key and claims', async (t) => {
  const { url, requests, clock } = await startIssuer(t)
  const token = create(t, { url, apiKey: API_KEY, claims: { scope: 'orders' }, ...clock })
  const given = await Promise.all([token.get(), token.get(), token.get()])
  t.deepEqual(given.map(countOf), [1, 1, 1])
  t.is(requests.length, 1)
  t.is(requests[0]?.method, 'POST')
  t.is(requests[0]?.headers['api-key'], API_KEY)
  t.is(requests[0]?.headers['content-type'], 'application/json')
  t.is(String(requests[0]?.body), '{"scope":"orders"}')
})

test('the token is fetched even without a caller', async (t) => {
  const { url, asked, clock } = await startIssuer(t)
  const request = asked()
  create(t, { url, ...clock })
  await request
  t.pass()
})

test('a token is renewed in the background before it expires', async (t) => {
  const { url, requests, clock } = await startIssuer(t)
  const token = create(t, { url, ...clock })
  await token.get()
  await clock.advance(749_000)
  t.is(requests.length, 1)
  await clock.advance(2_000)
  t.is(requests.length, 2)
  t.is(countOf(await token.get()), 2)
})

test('randomness spreads renewals from 70 to 80 percent of the lifetime', async (t) => {
  const { url, requests, clock } = await startIssuer(t)
  const early = create(t, { url, ...clock, random: () => 0 })
  const late = create(t, { url, ...clock, random: () => 1 - Number.EPSILON })
  await Promise.all([early.get(), late.get()])
  await clock.advance(701_000)
  t.is(requests.length, 3)
  await clock.advance(98_000)
  t.is(requests.length, 3)
  await clock.advance(2_000)
  t.is(requests.length, 4)
})

test('a call that finds an old token starts its renewal, and does not wait for it', async (t) => {
  const { url, requests, asked, clock } = await startIssuer(t)
  const token = create(t, { url, ...clock })
  await token.get()
  clock.jump(800_000)
  const request = asked()
  t.is(countOf(await token.get()), 1)
  await request
  t.is(requests.length, 2)
})

test('a call that finds an expired token waits for the next one', async (t) => {
  const { url, requests, clock } = await startIssuer(t)
  const token = create(t, { url, ...clock })
  await token.get()
  clock.jump(996_000)
  t.deepEqual((await Promise.all([token.get(), token.get()])).map(countOf), [2, 2])
  t.is(requests.length, 2)
})

test('a valid token is returned while renewals fail, and after it expires the error has the reason', async (t) => {
  const { url, issuer, clock } = await startIssuer(t)
  const failures: ServiceTokenError[] = []
  const onFailure = (error: ServiceTokenError) => failures.push(error)
  const token = create(t, { url: `${url}?code=hidden`, ...clock, onFailure })
  await token.get()
  issuer.answer = replying('{}', 503)
  await clock.advance(760_000)
  t.is(failures[0]?.message, `${url}: found the status 503, expected 200`)
  t.is(failures[0]?.status, 503)
  t.is(countOf(await token.get()), 1)
  await clock.advance(240_000)
  const error = await t.throwsAsync(token.get(), { instanceOf: ServiceTokenError })
  t.is(error?.status, 503)
  issuer.answer = undefined
  await clock.advance(60_000)
  t.is(countOf(await token.get()), 2)
})

test('failures are retried after pauses that double up to a minute, whatever calls come meanwhile', async (t) => {
  const { url, requests, issuer, clock } = await startIssuer(t)
  issuer.answer = replying('{}', 500)
  const token = create(t, { url, ...clock })
  await t.throwsAsync(token.get(), { instanceOf: ServiceTokenError })
  const pauses: number[] = []
  let last = clock.now()
  while (pauses.length < 9) {
    const before = requests.length
    while (requests.length === before) {
      if (clock.now() - last > 60_000) throw new Error(`no try within a minute, after ${pauses}`)
      await clock.advance(250)
      await t.throwsAsync(token.get(), { instanceOf: ServiceTokenError })
    }
    pauses.push((clock.now() - last) / 1000)
    last = clock.now()
  }
  t.deepEqual(pauses, [0.75, 1.5, 3, 6, 12, 24, 45, 45, 45])
})

const replies: [string, string][] = [
  ['{"token"}', '{"token":"TOKEN"}'],
  ['{"access_token"}', '{"access_token":"TOKEN","token_type":"Bearer"}'],
  ['a bare compact JWS', 'TOKEN\n']
]

for (const [name, reply] of replies) {
  test(`a reply may be ${name}`, async (t) => {
    const { url, clock, issuer } = await startIssuer(t)
    const issued = issuer.issue()
    issuer.answer = replying(reply.replace('TOKEN', issued))
    const token = create(t, { url, ...clock })
    t.is(await token.get(), issued)
  })
}

test('a token that is not a JWT expires by expires_in or by the lifetime of the options', async (t) => {
  const { url, requests, clock, issuer } = await startIssuer(t)
  issuer.answer = replying('{"access_token":"opaque","expires_in":100}')
  t.is(await create(t, { url, ...clock }).get(), 'opaque')
  await clock.advance(76_000)
  t.is(requests.length, 2)

  issuer.answer = replying('\ufeff{"access_token":"opaque","token":null,"expires_in":"100"}')
  t.is(await create(t, { url, ...clock }).get(), 'opaque')
  await clock.advance(76_000)
  t.is(requests.length, 5)

  for (const lifetime of ['null', '0', '-1', '""']) {
    issuer.answer = replying(`{"access_token":null,"token":"opaque","expires_in":${lifetime}}`)
    t.is(await create(t, { url, ...clock, lifetime: 200 }).get(), 'opaque')
  }
  const error = await t.throwsAsync(create(t, { url, ...clock }).get())
  t.is(error?.message, 'found a token without an expiry, expected lifetime to be set')
})

test('the lifetime of the options may shorten the lifetime of the token, not extend it', async (t) => {
  const { url, requests, clock } = await startIssuer(t)
  await create(t, { url, ...clock, lifetime: 100 }).get()
  await create(t, { url, ...clock, lifetime: 10_000 }).get()
  await clock.advance(76_000)
  t.is(requests.length, 3)
  await clock.advance(640_000)
  const before = requests.length
  await clock.advance(40_000)
  t.true(requests.length > before)
})

test('the JWT recipe of SuperTokens is called in its own format', async (t) => {
  const { url, requests, issuer, clock } = await startIssuer(t)
  const issued = issuer.issue()
  issuer.answer = replying(JSON.stringify({ status: 'OK', jwt: issued }))
  const options = { url, ...clock, apiKey: API_KEY, claims: { source: 'microservice' } }
  const recipe = { protocol: 'supertokens', issuer: 'https://api.example', lifetime: 100 } as const
  t.is(await create(t, { ...options, ...recipe }).get(), issued)
  t.deepEqual(JSON.parse(String(requests[0]?.body)), {
    payload: { source: 'microservice' },
    validity: 100,
    useStaticSigningKey: false,
    algorithm: 'RS256',
    jwksDomain: 'https://api.example'
  })
  t.is(requests[0]?.headers.rid, 'jwt')
  t.is(requests[0]?.headers['api-key'], API_KEY)
  t.throws(() => createServiceToken({ ...options, allowHttp: true, protocol: 'supertokens' }), {
    instanceOf: TypeError,
    message: 'issuer: expected the URL that becomes the iss of the token'
  })
})

const rejections: [string, (token: string) => string, string][] = [
  ['HTML', () => '<html>', 'found an answer that is neither a JSON object nor a token'],
  ['null', () => 'null', 'found an answer that is neither a JSON object nor a token'],
  ['JSON without a token', () => '{"error":"secret"}', 'found an answer without a token'],
  ['a token that breaks a header', () => '{"token":"a\\r\\nb"}', 'found an answer without a token'],
  [
    'an expired token',
    () => `{"token":"${makeToken('{"exp":1}')}"}`,
    'found a token that has expired already; do the clocks agree?'
  ]
]

for (const [name, reply, message] of rejections) {
  test(`a reply with ${name} is rejected`, async (t) => {
    const { url, clock, issuer } = await startIssuer(t)
    issuer.answer = replying(reply(issuer.issue()))
    await t.throwsAsync(create(t, { url, ...clock }).get(), {
      instanceOf: ServiceTokenError,
      message
    })
  })
}

test('an error holds neither the address nor the API key', async (t) => {
  const { url, clock, issuer } = await startIssuer(t)
  issuer.answer = replying('{"token":"secret"}', 401)
  const rejected = await t.throwsAsync(create(t, { url, apiKey: API_KEY, ...clock }).get())
  t.is(rejected?.message, 'found the status 401, expected 200')
  const unreachable = await t.throwsAsync(create(t, { url: await refusingUrl(t), ...clock }).get())
  t.is(unreachable?.message, 'found no answer: connection refused')
})

test('https:// for a port without TLS is reported', async (t) => {
  const { url, clock } = await startIssuer(t)
  await t.throwsAsync(create(t, { url: url.replace('http:', 'https:'), ...clock }).get(), {
    message:
      'found no answer: the server does not use TLS on this port: expected http:// in the URL, or another port'
  })
})

test('once closed, it does not renew the token, and returns it until it expires', async (t) => {
  const { url, requests, clock } = await startIssuer(t)
  const token = create(t, { url, ...clock })
  await token.get()
  await token.close()
  t.is(clock.timers(), 0)
  clock.jump(900_000)
  t.is(countOf(await token.get()), 1)
  clock.jump(100_000)
  await t.throwsAsync(token.get(), { instanceOf: ServiceTokenError })
  t.is(requests.length, 1)
})

test('options that cannot work are rejected at once', (t) => {
  t.throws(() => createServiceToken({ url: 'http://a' }), {
    instanceOf: TypeError,
    message: /^url: expected an https:\/\/ URL/
  })
  t.throws(() => createServiceToken({ url: 'https://a', lifetime: 0 }), {
    instanceOf: TypeError,
    message: 'lifetime: expected seconds, more than 0'
  })
  t.throws(() => createServiceToken({ url: 'https://a', apiKey: 'of a file\n' }), {
    instanceOf: TypeError,
    message: 'apiKey: expected text without line breaks'
  })
  t.throws(() => createServiceToken({ url: 'https://a', timeoutMs: Number.NaN }), {
    instanceOf: TypeError,
    message: 'timeoutMs: expected a number above 0'
  })
})
