import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import {
  createIntrospectionVerifier,
  type IntrospectionVerifierOptions
} from '../../../src/check/verifiers/introspection-verifier.ts'
import { parseAnyToken } from '../../../src/keys/token.ts'
import { makeEndpoint } from '../../helpers/endpoint.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'
import { refusingUrl, replying, startRemote } from '../../helpers/remote.ts'
import { makeToken } from '../../helpers/tokens.ts'

const SECONDS = Math.floor(createFakeClock().now() / 1000)
const OPAQUE = 'ya29.opaque/to+ken=='

function createVerifier(
  t: ExecutionContext,
  url: string,
  options: Partial<IntrospectionVerifierOptions> = {}
) {
  const clock = createFakeClock()
  const endpoint = makeEndpoint(t)
  const verify = createIntrospectionVerifier({
    url: new URL(url),
    endpoint,
    maxDepth: 9,
    now: clock.now,
    ...options
  })
  return { clock, verify: async (raw = OPAQUE) => verify(parseAnyToken(raw, 9)) }
}

test('the token is posted as a form, and the reply for an active token becomes its claims', async (t) => {
  const reply = '{"active":true,"sub":"ada","scope":"read write","level":12345678901234567890}'
  const remote = await startRemote(t, replying(reply))
  const verified = await createVerifier(t, remote.url).verify()
  t.is(remote.requests[0]?.method, 'POST')
  t.is(
    String(remote.requests[0]?.body),
    'token=ya29.opaque%2Fto%2Bken%3D%3D&token_type_hint=access_token'
  )
  t.is(remote.requests[0]?.headers['content-type'], 'application/x-www-form-urlencoded')
  t.is(remote.requests[0]?.headers.authorization, undefined)
  t.like(verified?.claims, { sub: 'ada', scope: 'read write' })
  t.false('active' in (verified?.claims ?? {}))
  t.is<string | undefined, string>(
    verified?.claimsText,
    '{"sub":"ada","scope":"read write","level":12345678901234567890}'
  )
})

test('the client authenticates with HTTP Basic, encoded, or in the form', async (t) => {
  const remote = await startRemote(t, replying('{"active":true}'))
  const client = { id: 'gate:1', secret: 'p%ss wörd&x', auth: 'basic' } as const
  await createVerifier(t, remote.url, { client }).verify()
  const [, encoded = ''] = remote.requests[0]?.headers.authorization?.split(' ') ?? []
  t.is(Buffer.from(encoded, 'base64').toString(), 'gate%3A1:p%25ss%20w%C3%B6rd%26x')
  t.false(remote.requests[0]?.body.includes('client'))
  await createVerifier(t, remote.url, { client: { ...client, auth: 'form' } }).verify('abc')
  t.is(remote.requests[1]?.headers.authorization, undefined)
  t.deepEqual(Object.fromEntries(new URLSearchParams(String(remote.requests[1]?.body))), {
    token: 'abc',
    token_type_hint: 'access_token',
    client_id: client.id,
    client_secret: client.secret
  })
})

test('a JWT keeps its own times and identity, and an earlier exp of the reply counts', async (t) => {
  const reply = { active: true, sub: 'ada', jti: '2', iss: 'b', exp: SECONDS + 9 }
  const remote = await startRemote(t, replying(JSON.stringify(reply)))
  const token = makeToken(`{"iss":"a","jti":"1","sub":"mallory","exp":${SECONDS + 60}}`)
  const verified = await createVerifier(t, remote.url).verify(token)
  t.deepEqual(verified?.claims, { sub: 'ada', jti: '1', iss: 'a', exp: SECONDS + 9 })
  t.false(verified?.isOpaque)
})

test('times of a reply may be text, 0 and -1 are no times, and others make the check unavailable', async (t) => {
  const claimsOf = async (times: string) => {
    const remote = await startRemote(t, replying(`{"active":true,${times}}`))
    const { claims, claimsText } = (await createVerifier(t, remote.url).verify()) ?? {}
    t.deepEqual(JSON.parse(claimsText ?? ''), claims)
    return claims
  }
  t.deepEqual(await claimsOf(`"exp":"${SECONDS + 9}","nbf":"${SECONDS}"`), {
    exp: SECONDS + 9,
    nbf: SECONDS
  })
  for (const never of ['0', '-1', '"0"']) t.deepEqual(await claimsOf(`"exp":${never}`), {})
  for (const wrong of ['"2026-11-29T00:00:00Z"', 'true', '[]', '""']) {
    const error = await t.throwsAsync(claimsOf(`"exp":${wrong}`), { code: 'check_unavailable' })
    t.is(
      (error?.cause as Error | undefined)?.message,
      'found a reply whose exp is not a number of seconds'
    )
  }
})

test('a time that is null is left out, and other members that are null are kept', async (t) => {
  const remote = await startRemote(
    t,
    replying('{"active":true,"exp":null,"nbf":null,"iat":null,"aud":null}')
  )
  const verified = await createVerifier(t, remote.url).verify()
  t.deepEqual(verified?.claims, { aud: null })
  t.is<string | undefined, string>(verified?.claimsText, '{"aud":null}')
  const token = makeToken(`{"exp":${SECONDS + 60}}`)
  t.is((await createVerifier(t, remote.url).verify(token))?.claims.exp, SECONDS + 60)
})

for (const reply of [
  { active: false },
  { active: false, sub: 'ada', exp: SECONDS + 9 },
  { active: true, token_use: 'refresh_token' },
  { active: true, token_type: 'Refresh' },
  { active: true, typ: 'Refresh' },
  { active: true, typ: 'Offline' }
]) {
  test(`${JSON.stringify(reply)} rejects the token`, async (t) => {
    const remote = await startRemote(t, replying(JSON.stringify(reply)))
    const { verify } = createVerifier(t, remote.url)
    await t.throwsAsync(async () => verify(), { code: 'invalid_token' })
  })
}

for (const [status, body] of [
  [200, '{}'],
  [200, '{"sub":"ada"}'],
  [200, '{"active":"true"}'],
  [200, '{"active":1}'],
  [200, '{"active":null}'],
  [200, '[true]'],
  [200, 'true'],
  [200, ''],
  [201, '{"active":true}'],
  [302, '{"active":true}'],
  [400, '{"error":"invalid_request"}'],
  [401, '{"error":"invalid_client"}'],
  [403, '{"active":false}'],
  [404, ''],
  [500, '{"active":true}']
] as const) {
  test(`a reply with status ${status} and "${body}" makes the check unavailable`, async (t) => {
    const remote = await startRemote(t, replying(body, status, { location: '/' }))
    const client = { id: 'gate', secret: 'a-client-secret', auth: 'form' } as const
    const { verify } = createVerifier(t, remote.url, { client })
    const error = await t.throwsAsync(async () => verify(), { code: 'check_unavailable' })
    t.notRegex(inspect(error, { depth: Number.POSITIVE_INFINITY }), /ya29|client-secret/)
    t.is(remote.requests.length, 1)
  })
}

test('a server that does not listen makes the check unavailable', async (t) => {
  const { verify } = createVerifier(t, await refusingUrl(t))
  await t.throwsAsync(async () => verify(), { code: 'check_unavailable' })
})

test('active answers are cached for their time, and no longer than their exp; others are not', async (t) => {
  const bodies = ['{"active":false}', `{"active":true,"exp":${SECONDS + 20}}`]
  const remote = await startRemote(t, (response) => replying(bodies[0] ?? '')(response))
  const { verify, clock } = createVerifier(t, remote.url, {
    cache: { forMs: 60_000, entries: 10 }
  })
  await t.throwsAsync(async () => verify(), { code: 'invalid_token' })
  bodies.shift()
  await verify()
  await clock.advance(19_999)
  await verify()
  t.is(remote.requests.length, 2)
  await clock.advance(1)
  await verify()
  t.is(remote.requests.length, 3)
})
