import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import {
  createEndpointVerifier,
  type EndpointVerifierOptions
} from '../../../src/check/verifiers/endpoint-verifier.ts'
import { parseAnyToken } from '../../../src/keys/token.ts'
import { makeEndpoint } from '../../helpers/endpoint.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'
import { refusingUrl, replying, startRemote } from '../../helpers/remote.ts'
import { makeToken } from '../../helpers/tokens.ts'

const clockAtStart = createFakeClock()
const SECONDS = Math.floor(clockAtStart.now() / 1000)
const TOKEN = makeToken(
  `{"sub":"mallory","groups":["root"],"iss":"a","jti":"1","exp":${SECONDS + 60}}`
)

function createVerifier(
  t: ExecutionContext,
  url: string,
  options: Partial<EndpointVerifierOptions> = {}
) {
  const clock = createFakeClock()
  const endpoint = makeEndpoint(t)
  const verify = createEndpointVerifier({
    url: new URL(url),
    endpoint,
    maxDepth: 9,
    now: clock.now,
    ...options
  })
  return { clock, verify: async (raw = TOKEN) => verify(parseAnyToken(raw, 9)) }
}

test('the token is posted as a bearer, and a reply with a sub becomes its claims', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada","level":12345678901234567890}'))
  const verified = await createVerifier(t, remote.url).verify()
  t.is(remote.requests.length, 1)
  t.like(remote.requests[0], { method: 'POST', url: '/login' })
  t.like(remote.requests[0]?.headers, {
    authorization: `Bearer ${TOKEN}`,
    accept: 'application/json',
    'content-length': '0'
  })
  t.like(verified?.claims, { sub: 'ada', jti: '1' })
  t.false(Object.hasOwn(verified?.claims ?? {}, 'groups'))
  t.is<string | undefined, string>(
    verified?.claimsText,
    `{"sub":"ada","level":12345678901234567890,"iss":"a","jti":"1","exp":${SECONDS + 60}}`
  )
})

test('an endpoint that replies with more than 10,000 claims makes the check unavailable', async (t) => {
  const members = Array.from({ length: 10_001 }, (_, index) => [`m${index}`, 0])
  const reply = JSON.stringify({ sub: 'ada', ...Object.fromEntries(members) })
  const remote = await startRemote(t, replying(reply))
  const endpoint = makeEndpoint(t, { maxReplyBytes: 1_000_000 })
  await t.throwsAsync(createVerifier(t, remote.url, { endpoint }).verify(), {
    code: 'check_unavailable'
  })
})

test('no endpoint extends a token or turns it into another', async (t) => {
  const reply = { sub: 'ada', exp: SECONDS + 9999, jti: '2', iss: 'b', nbf: 1 }
  const remote = await startRemote(t, replying(JSON.stringify(reply)))
  const verified = await createVerifier(t, remote.url).verify()
  t.like(verified?.claims, { exp: SECONDS + 60, jti: '1', iss: 'a', nbf: 1 })
  t.like(JSON.parse(verified?.claimsText ?? ''), { exp: SECONDS + 60, jti: '1', iss: 'a' })
})

test('an endpoint may let a token expire before its exp', async (t) => {
  const remote = await startRemote(t, replying(JSON.stringify({ sub: 'ada', exp: SECONDS + 9 })))
  const verified = await createVerifier(t, remote.url).verify()
  t.is(verified?.claims.exp, SECONDS + 9)
  t.like(JSON.parse(verified?.claimsText ?? ''), { exp: SECONDS + 9, jti: '1', iss: 'a' })
})

test('an opaque token is not sent to the endpoint, unless the verifier takes opaque tokens', async (t) => {
  const reply = { sub: 'ada', exp: SECONDS + 30, jti: '2' }
  const remote = await startRemote(t, replying(JSON.stringify(reply)))
  t.is(await createVerifier(t, remote.url).verify('opaque/token+1=='), undefined)
  t.is(remote.requests.length, 0)
  const { verify, clock } = createVerifier(t, remote.url, {
    opaque: true,
    cache: { forMs: 600_000, entries: 10 }
  })
  const verified = await verify('opaque/token+1==')
  t.is(remote.requests[0]?.headers.authorization, 'Bearer opaque/token+1==')
  t.deepEqual(verified?.claims, reply)
  t.is<string | undefined, string>(verified?.claimsText, JSON.stringify(reply))
  t.true(verified?.isOpaque)
  t.like((await verify())?.claims, { sub: 'ada', jti: '1' })
  // Cached, and no longer than the expiry of the reply.
  await clock.advance(29_000)
  await verify('opaque/token+1==')
  t.is(remote.requests.length, 2)
  await clock.advance(1_000)
  await verify('opaque/token+1==')
  t.is(remote.requests.length, 3)
})

test('a service bearer keeps its mark, whatever the endpoint replies', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada"}'))
  const bearer = makeToken('{"txtoken_use":"service-bearer"}')
  const verified = await createVerifier(t, remote.url).verify(bearer)
  t.is(verified?.claims.txtoken_use, 'service-bearer')
})

const REJECTED = 'Token is rejected by its issuer'
const NO_SUB = 'Token is not confirmed: the reply of its issuer has no sub'

for (const [status, body, message] of [
  [401, '', REJECTED],
  [403, '{"sub":"ada"}', REJECTED],
  [200, '{}', NO_SUB],
  [200, '{"sub":""}', NO_SUB],
  [200, '{"sub":null}', NO_SUB],
  [200, '{"sub":"ada","active":false}', REJECTED],
  [200, '{"sub":"ada","active":"false"}', REJECTED],
  [200, '{"sub":"ada","active":null}', REJECTED],
  [200, '{"sub":"ada","error":"invalid_token"}', REJECTED],
  [200, '{"sub":7}', 'Token is not confirmed: the reply of its issuer has a sub that is not text']
] as const) {
  test(`status ${status} with "${body}" rejects the token`, async (t) => {
    const remote = await startRemote(t, replying(body, status))
    const { verify } = createVerifier(t, remote.url)
    await t.throwsAsync(async () => verify(), {
      name: 'ServiceError',
      code: 'invalid_token',
      message
    })
  })
}

for (const [status, body] of [
  [500, '{"sub":"ada"}'],
  [503, ''],
  [404, ''],
  [429, ''],
  [302, '{"sub":"ada"}'],
  [201, '{"sub":"ada"}'],
  [200, ''],
  [200, 'ada'],
  [200, '["sub"]'],
  [200, 'null'],
  [200, '{"sub":"ada"'],
  [200, `{"sub":"ada","more":${'['.repeat(9)}${']'.repeat(9)}}`],
  [200, `{"sub":"ada","more":"${'x'.repeat(1_000)}"}`]
] as const) {
  test(`status ${status} with "${body.slice(0, 40)}" makes the check unavailable`, async (t) => {
    const remote = await startRemote(t, replying(body, status, { location: '/login' }))
    const { verify } = createVerifier(t, remote.url)
    const error = await t.throwsAsync(async () => verify(), { code: 'check_unavailable' })
    t.notRegex(inspect(error, { depth: Number.POSITIVE_INFINITY }), /eyJ/)
    t.is(remote.requests.length, 1)
  })
}

test('an endpoint that does not listen makes the check unavailable', async (t) => {
  const { verify } = createVerifier(t, await refusingUrl(t))
  await t.throwsAsync(async () => verify(), { code: 'check_unavailable' })
})

test('without a cache every check calls the endpoint', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada"}'))
  const { verify } = createVerifier(t, remote.url)
  await verify()
  await verify()
  t.is(remote.requests.length, 2)
})

test('a cached answer is used for its time, and not after the token has expired', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada"}'))
  const { verify, clock } = createVerifier(t, remote.url, {
    cache: { forMs: 40_000, entries: 10 }
  })
  t.is((await verify())?.claims.sub, 'ada')
  await clock.advance(39_999)
  t.is((await verify())?.claims.sub, 'ada')
  t.is(remote.requests.length, 1)
  await clock.advance(1)
  await verify()
  t.is(remote.requests.length, 2)
  // The token expires 20 seconds from here, and its answer with it.
  await clock.advance(20_000)
  await verify()
  t.is(remote.requests.length, 3)
})

test('each token has its own answer, and the cache is bounded', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada"}'))
  const { verify } = createVerifier(t, remote.url, {
    cache: { forMs: 40_000, entries: 2 }
  })
  const [one, two, three] = [1, 2, 3].map((jti) => makeToken(`{"jti":"${jti}"}`))
  for (const token of [one, two, one, two]) await verify(token)
  t.is(remote.requests.length, 2)
  await verify(three)
  await verify(one)
  t.is(remote.requests.length, 4)
})

test('rejections and failures are not cached', async (t) => {
  const statuses = [401, 500, 200]
  const remote = await startRemote(t, (response) =>
    replying('{"sub":"ada"}', statuses.shift())(response)
  )
  const { verify } = createVerifier(t, remote.url, {
    cache: { forMs: 40_000, entries: 2 }
  })
  await t.throwsAsync(async () => verify(), { code: 'invalid_token' })
  await t.throwsAsync(async () => verify(), { code: 'check_unavailable' })
  t.is((await verify())?.claims.sub, 'ada')
})
