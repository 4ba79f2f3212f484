import test, { type ExecutionContext } from 'ava'
import { problemsOf } from '../helpers/config.ts'
import { send } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'
import { makeToken } from '../helpers/tokens.ts'

/** 2030-01-01. */
const NOW_SECONDS = 1_893_456_000
const TOKEN = makeToken(`{"exp":${NOW_SECONDS + 3600}}`)
const OTHER = makeToken(`{"exp":${NOW_SECONDS + 7200}}`)

function checking(token?: unknown) {
  return JSON.stringify({
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ check: '/check', token, verify: [{ keys: 'all' }] }]
  })
}

/** Starts a service that takes tokens from these places, and gives the address to check them at. */
async function startChecking(t: ExecutionContext, places?: string[]): Promise<string> {
  const config = checking(places)
  const { url } = await startService(t, { config, now: () => NOW_SECONDS * 1000 })
  return `${url}/check`
}

const carriers = {
  header: { path: '', headers: { authorization: `Bearer ${TOKEN}` } },
  query: { path: `?access_token=${TOKEN}` },
  body: { path: '', method: 'POST', body: JSON.stringify({ token: TOKEN }) },
  'cookie:session': { path: '', headers: { cookie: `session=${TOKEN}` } },
  'cookie:__Host-token': { path: '', headers: { cookie: `__Host-token=${TOKEN}` } }
}

for (const place of Object.keys(carriers)) {
  test(`a route that takes tokens from ${place} sees those alone`, async (t) => {
    const url = await startChecking(t, [place])
    for (const [other, { path, ...request }] of Object.entries(carriers)) {
      const { status, text } = await send(url + path, request)
      t.is(status, other === place ? 200 : 401, other)
      if (other !== place) t.is(text, '{"error":"no token present in request"}')
    }
  })
}

test('a route that names no places takes tokens from header, query and body', async (t) => {
  const url = await startChecking(t)
  const statuses: number[] = []
  for (const { path, ...request } of Object.values(carriers)) {
    statuses.push((await send(url + path, request)).status)
  }
  t.deepEqual(statuses, [200, 200, 200, 401, 401])
})

const cookieHeaders = [
  ['among others', `a=b; session=${TOKEN}; c=d`, 200],
  ['without spaces between cookies', `a=b;session=${TOKEN};c=d`, 200],
  ['beside pairs that are none', `; ;novalue;=x;session=${TOKEN}`, 200],
  ['under a name that only ends alike', `my-session=${TOKEN}`, 401],
  ['under a name in other letters', `Session=${TOKEN}`, 401],
  ['without a value', 'session=', 401],
  ['as a name alone', 'session', 401]
] as const

for (const [title, cookie, status] of cookieHeaders) {
  test(`a cookie ${title} is answered with ${status}`, async (t) => {
    const url = await startChecking(t, ['cookie:session'])
    t.is((await send(url, { headers: { cookie } })).status, status)
  })
}

test('two cookies of the name are rejected: one of them may be planted', async (t) => {
  const url = await startChecking(t, ['cookie:session'])
  const cookie = `session=${OTHER}; session=${TOKEN}`
  const answer = await send(url, { headers: { cookie } })
  t.is(answer.status, 400)
  t.is(answer.text, '{"error":"more than one token present in request: the cookie session"}')
})

test('two header fields of cookies are read as one', async (t) => {
  const url = await startChecking(t, ['cookie:session'])
  const headers = { cookie: ['a=b', `session=${TOKEN}`] as unknown as string }
  t.is((await send(url, { headers })).status, 200)
})

test('a token in two of the places of a route is rejected, and the places are named in its order', async (t) => {
  const url = await startChecking(t, ['cookie:session', 'header'])
  const headers = { authorization: TOKEN, cookie: `session=${TOKEN}` }
  const answer = await send(url, { headers })
  t.is(answer.status, 400)
  t.is(
    answer.text,
    '{"error":"more than one token present in request: the cookie session, the Authorization header"}'
  )
})

const refusedPlaces = [
  [['headers'], 'routes[0].token[0]: expected header, query, body or cookie:NAME'],
  [['cookie:'], 'routes[0].token[0]: expected header, query, body or cookie:NAME'],
  [['cookie:a b'], 'routes[0].token[0]: expected header, query, body or cookie:NAME'],
  [['header', 'header'], 'routes[0].token: expected each place once'],
  [[], 'routes[0].token: expected at least one place, found an empty list'],
  ['header', 'routes[0].token: expected a list of places']
] as const

for (const [places, problem] of refusedPlaces) {
  test(`places given as ${JSON.stringify(places)} are rejected`, (t) => {
    t.deepEqual(problemsOf(t, checking(places), { env: { ENC_KEY: 'x'.repeat(32) } }), [problem])
  })
}
