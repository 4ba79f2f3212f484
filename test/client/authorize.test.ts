import test, { type ExecutionContext } from 'ava'
import { got } from 'got'
import { request } from 'undici'
import { createServiceToken } from '../../src/client/client.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { makeToken } from '../helpers/tokens.ts'

/** A service with a token, and another one that it calls. */
async function start(t: ExecutionContext) {
  const token = makeToken(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 3600 }))
  const issuer = await startRemote(t, replying(JSON.stringify({ token })))
  const serviceToken = createServiceToken({ url: issuer.url, allowHttp: true })
  t.teardown(serviceToken.close)
  return { serviceToken, bearer: `Bearer ${token}`, ...(await startRemote(t, replying('{}'))) }
}

test('fetch: the headers of a request get the token beside their own', async (t) => {
  const { serviceToken, bearer, url, requests } = await start(t)
  await fetch(url, { headers: await serviceToken.authorize({ 'X-Own': 'a' }) })
  t.is(requests[0]?.headers.authorization, bearer)
  t.is(requests[0]?.headers['x-own'], 'a')
})

test('fetch: a request gets the token and keeps everything else', async (t) => {
  const { serviceToken, bearer, url, requests } = await start(t)
  const request = new Request(url, { method: 'PUT', headers: { 'x-own': 'a' }, body: 'text' })
  await fetch(await serviceToken.authorize(request))
  t.like(requests[0], { method: 'PUT' })
  t.like(requests[0]?.headers, { authorization: bearer, 'x-own': 'a' })
  t.is(String(requests[0]?.body), 'text')
})

test('undici: the headers of a request get the token', async (t) => {
  const { serviceToken, bearer, url, requests } = await start(t)
  const { body } = await request(url, { headers: await serviceToken.authorize() })
  await body.dump()
  t.is(requests[0]?.headers.authorization, bearer)
})

test('an existing Authorization field is replaced, however it is spelled', async (t) => {
  const { serviceToken, bearer } = await start(t)
  t.deepEqual(await serviceToken.authorize({ Authorization: 'Bearer old' }), {
    authorization: bearer
  })
})

test('got: an instance with the handler sends the token with each call', async (t) => {
  const { serviceToken, bearer, url, requests } = await start(t)
  const client = got.extend({ handlers: [serviceToken.authorizeGot] })
  t.deepEqual(await client(url).json(), {})
  await client.post(url, { json: {} })
  t.deepEqual(
    requests.map(({ headers }) => headers.authorization),
    [bearer, bearer]
  )
})

test('got: the token does not follow a redirect to another host', async (t) => {
  const { serviceToken, bearer, url, requests } = await start(t)
  const redirecting = await startRemote(t, replying('', 302, { location: url }))
  await got.extend({ handlers: [serviceToken.authorizeGot] })(redirecting.url)
  t.is(redirecting.requests[0]?.headers.authorization, bearer)
  t.is(requests.length, 1)
  t.is(requests[0]?.headers.authorization, undefined)
})

test('got: a stream is not sent without the token', async (t) => {
  const { serviceToken, url, requests } = await start(t)
  const client = got.extend({ handlers: [serviceToken.authorizeGot] })
  t.throws(() => client.stream(url), { message: /expected a got call that gives a promise/ })
  t.is(requests.length, 0)
})
