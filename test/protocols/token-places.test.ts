import test, { type ExecutionContext } from 'ava'
import { problemsOf } from '../helpers/config.ts'
import { exchange, send, statusIn } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'
import { makeToken } from '../helpers/tokens.ts'

/** 2030-01-01. */
const NOW_SECONDS = 1_893_456_000
const TOKEN = makeToken(`{"sub":"ada","exp":${NOW_SECONDS + 3600}}`)
const OTHER = makeToken(`{"sub":"ada","exp":${NOW_SECONDS + 7200}}`)

function checking(token?: unknown) {
  return JSON.stringify({
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ check: '/check', token, verify: [{ keys: 'all' }] }]
  })
}

/** Starts a service that takes tokens from these places, and returns the address of its check route. */
async function startChecking(t: ExecutionContext, places?: string[]): Promise<string> {
  const config = checking(places)
  const { url } = await startService(t, { config, now: () => NOW_SECONDS * 1000 })
  return `${url}/check`
}

const ENCODED = Buffer.from(TOKEN).toString('base64url')

const carriers = {
  header: { path: '', headers: { authorization: `Bearer ${TOKEN}` } },
  query: { path: `?access_token=${TOKEN}` },
  body: { path: '', method: 'POST', body: JSON.stringify({ token: TOKEN }) },
  'cookie:session': { path: '', headers: { cookie: `session=${TOKEN}` } },
  'cookie:__Host-token': { path: '', headers: { cookie: `__Host-token=${TOKEN}` } },
  'header:X-Auth-Token': { path: '', headers: { 'x-auth-token': TOKEN } },
  'header:X-Forwarded-Authorization': {
    path: '',
    headers: { authorization: 'Basic eDp5', 'x-forwarded-authorization': `Bearer ${TOKEN}` }
  },
  'scheme:JWT': { path: '', headers: { authorization: `jwt ${TOKEN}` } },
  'query:token': { path: `?token=${TOKEN}` },
  websocket: { path: '', headers: { 'sec-websocket-protocol': `orders.v1, bearer, ${TOKEN}` } }
}

for (const place of Object.keys(carriers)) {
  test(`a route that takes tokens from ${place} ignores other places`, async (t) => {
    const url = await startChecking(t, [place])
    for (const [other, { path, ...request }] of Object.entries(carriers)) {
      const { status, text } = await send(url + path, request)
      t.is(status, other === place ? 200 : 401, other)
      if (other !== place) t.regex(text, /^\{"error":"no token present in request[:"]/)
    }
  })
}

test('a header with another scheme is reported as the reason, with the expected schemes', async (t) => {
  const errorFor = async (places: string[], authorization: string) =>
    JSON.parse((await send(await startChecking(t, places), { headers: { authorization } })).text)
      .error
  const another = 'no token present in request: the Authorization header has another scheme'
  t.is(await errorFor(['header'], `Token ${TOKEN}`), `${another}, expected Bearer`)
  t.is(await errorFor(['header', 'scheme:JWT'], 'Basic eDp5'), `${another}, expected Bearer or JWT`)
  t.is(await errorFor(['header'], 'Bearer '), 'no token present in request')
  t.is(await errorFor(['query'], `Token ${TOKEN}`), 'no token present in request')
})

test('a route that names no places takes tokens from header, query and body', async (t) => {
  const url = await startChecking(t)
  const statuses: number[] = []
  for (const { path, ...request } of Object.values(carriers)) {
    statuses.push((await send(url + path, request)).status)
  }
  t.deepEqual(statuses, [200, 200, 200, ...Array(7).fill(401)])
})

const cookieHeaders = [
  ['among others', `a=b; session=${TOKEN}; c=d`, 200],
  ['without spaces between cookies', `a=b;session=${TOKEN};c=d`, 200],
  ['beside pairs that are none', `; ;novalue;=x;session=${TOKEN}`, 200],
  ['under a name that only ends alike', `my-session=${TOKEN}`, 401],
  ['under a name in other letters', `Session=${TOKEN}`, 401],
  ['in quotes', `session="${TOKEN}"`, 200],
  ['in quotes, twice', `session=""${TOKEN}""`, 401],
  ['with a quote before it', `session="${TOKEN}`, 401],
  ['with a quote after it', `session=${TOKEN}"`, 401],
  ['that is one quote', 'session="', 401],
  ['in quotes with another one', `session="a; session=${TOKEN}"`, 400],
  ['twice, once in quotes', `session="${TOKEN}"; session=${TOKEN}`, 400],
  ['without a value', 'session=', 401],
  ['without a value, in quotes', 'session=""', 401],
  ['as a name alone', 'session', 401]
] as const

for (const [title, cookie, status] of cookieHeaders) {
  test(`a cookie ${title} is answered with ${status}`, async (t) => {
    const url = await startChecking(t, ['cookie:session'])
    t.is((await send(url, { headers: { cookie } })).status, status)
  })
}

test('two cookies with the name are rejected, since one may be planted', async (t) => {
  const url = await startChecking(t, ['cookie:session'])
  const cookie = `session=${OTHER}; session=${TOKEN}`
  const answer = await send(url, { headers: { cookie } })
  t.is(answer.status, 400)
  t.is(answer.text, '{"error":"more than one token present in request: the cookie session"}')
})

test('two Cookie header fields are read as one', async (t) => {
  const url = await startChecking(t, ['cookie:session'])
  const headers = { cookie: ['a=b', `session=${TOKEN}`] as unknown as string }
  t.is((await send(url, { headers })).status, 200)
})

const EXPIRED = makeToken(`{"sub":"ada","exp":${NOW_SECONDS - 3600}}`)

const beside: [title: string, headers: Record<string, string>, status: number][] = [
  ['the same', { authorization: TOKEN, cookie: `session=${TOKEN}` }, 200],
  ['an expired one', { authorization: `Bearer ${TOKEN}`, cookie: `session=${EXPIRED}` }, 200],
  ['a valid one, and is expired', { authorization: EXPIRED, cookie: `session=${TOKEN}` }, 401],
  ['a valid one, and is malformed', { authorization: 'Bearer x', cookie: `session=${TOKEN}` }, 401],
  [
    'cookies with two names',
    { authorization: TOKEN, cookie: `session=${OTHER}; other=${OTHER}` },
    200
  ],
  [
    'two cookies with one name',
    { authorization: TOKEN, cookie: `session=${OTHER}; session=${OTHER}` },
    400
  ]
]

for (const protocol of ['txtoken', 'okera', 'forward-auth']) {
  for (const places of [
    ['header', 'cookie:session', 'cookie:other'],
    ['cookie:session', 'cookie:other', 'header']
  ]) {
    for (const [title, headers, status] of beside) {
      test(`${protocol} from ${places}: the token in the header wins over the cookie: beside ${title}`, async (t) => {
        const config = JSON.parse(checking(places))
        config.routes[0].protocol = protocol
        const { url } = await startService(t, {
          config: JSON.stringify(config),
          now: () => NOW_SECONDS * 1000
        })
        const answer = await send(`${url}/check`, { method: 'POST', headers })
        // A gateway gets a 401 for every wrong request.
        t.is(answer.status, protocol === 'forward-auth' && status === 400 ? 401 : status)
        if (status === 200 && protocol === 'txtoken') t.is(JSON.parse(answer.text).Raw, TOKEN)
      })
    }
  }
}

test('a cookie counts where the header has another scheme', async (t) => {
  const url = await startChecking(t, ['header', 'cookie:session'])
  const headers = { authorization: 'Basic YTpi', cookie: `session=${TOKEN}` }
  t.is((await send(url, { headers })).status, 200)
})

test('any other two tokens are rejected, and the error has the places in the order of the route', async (t) => {
  const url = await startChecking(t, ['cookie:session', 'query', 'header'])
  const cookie = `session=${TOKEN}`
  // A link of another site can have a token in its query, and the browser adds the cookie.
  const linked = await send(`${url}?access_token=${TOKEN}`, { headers: { cookie } })
  t.is(linked.status, 400)
  t.is(
    linked.text,
    '{"error":"more than one token present in request: the cookie session, the query"}'
  )
  const both = { authorization: TOKEN, cookie }
  t.is((await send(`${url}?access_token=${TOKEN}`, { headers: both })).status, 400)
})

/** Sends header lines unchanged: a client library would join them. */
async function statusOf(t: ExecutionContext, url: string, lines: readonly string[], query = '') {
  const { pathname } = new URL(url)
  const head = [`GET ${pathname}${query} HTTP/1.1`, 'Host: a', 'Connection: close', ...lines, '']
  return statusIn(await exchange(t, url, `${head.join('\r\n')}\r\n`))
}

test('a custom header has the token bare or as a Bearer, once', async (t) => {
  const url = await startChecking(t, ['header:X-Auth-Token'])
  for (const [status, ...lines] of [
    [200, `x-auth-token: ${TOKEN}`],
    [200, `X-AUTH-TOKEN:   bearer \t ${TOKEN}`],
    [200, 'X-Auth-Token:', `X-Auth-Token: ${TOKEN}`],
    [400, `X-Auth-Token: ${TOKEN}`, `x-auth-token: ${TOKEN}`],
    [400, `X-Auth-Token: ${TOKEN}`, 'X-Auth-Token: x'],
    [401, `X-Auth-Token: ${TOKEN}, ${TOKEN}`],
    [401, `X-Auth-Token: Basic ${TOKEN}`],
    [401, `X-Auth-Tokens: ${TOKEN}`],
    [401, `X_Auth_Token: ${TOKEN}`],
    [401, 'X-Auth-Token: Bearer']
  ] as [number, ...string[]][]) {
    t.is(await statusOf(t, url, lines), status, lines.join())
  }
})

test('Authorization accepts the configured schemes, in any case', async (t) => {
  const url = await startChecking(t, ['header', 'scheme:Token', 'scheme:JWT'])
  for (const [status, value] of [
    [200, `Token ${TOKEN}`],
    [200, `Token token="${TOKEN}"`],
    [200, `Token token=${TOKEN}`],
    [401, `Token token="${TOKEN}`],
    [401, `Token token="${TOKEN}", token="${OTHER}"`],
    [401, `Token token="${TOKEN}", nonce="a", TOKEN="${TOKEN}"`],
    [200, `Token token="${TOKEN}", nonce="a"`],
    [200, `Token nonce = "a, token=\\"x\\"" ,, Token\t=${TOKEN},`],
    [200, `Token token="${TOKEN.replace('.', '\\.')}", a=b`],
    [200, `Token token="${TOKEN}"${', a=b'.repeat(15)}`],
    [401, `Token token="${TOKEN}"${', a=b'.repeat(16)}`],
    [401, `Token token="${TOKEN}" nonce="a"`],
    [401, `Token token="${TOKEN}", nonce="a`],
    [401, `Token token="${TOKEN}", nonce`],
    [401, `Token token=" ${TOKEN}", nonce="a"`],
    [401, `Token nonce="token=${TOKEN}"`],
    [401, `Token a="b", nonce="c"`],
    [200, `jWT\t${TOKEN} `],
    [200, `Bearer ${TOKEN}`],
    [200, TOKEN],
    [401, `Basic ${TOKEN}`],
    [401, `JWTs ${TOKEN}`],
    [401, 'JWT'],
    [401, 'Token ']
  ] as const) {
    t.is(await statusOf(t, url, [`Authorization: ${value}`]), status, value)
  }
  const strict = await startChecking(t, ['scheme:Token'])
  t.is(await statusOf(t, strict, [`Authorization: Bearer ${TOKEN}`]), 401)
  t.is(await statusOf(t, strict, [`Authorization: ${TOKEN}`]), 401)
})

test('a parameter has the configured name, once', async (t) => {
  const url = await startChecking(t, ['query:auth[token]'])
  const name = 'auth%5Btoken%5D'
  for (const [status, query] of [
    [200, `?a=b&auth[token]=${TOKEN}`],
    [200, `?${name}=${TOKEN}&a`],
    [400, `?${name}=${TOKEN}&auth[token]=${TOKEN}`],
    [401, `?access_token=${TOKEN}`],
    [401, `?a=${name}=${TOKEN}`],
    [401, `?${name}=`]
  ] as const) {
    t.is(await statusOf(t, url, [], query), status, query)
  }
})

for (const [title, status, ...lines] of [
  ['after bearer', 200, `Bearer, ${TOKEN}`],
  ['after access_token, among others', 200, `chat.v2,access_token,${TOKEN},chat.v1`],
  ['after authorization and bearer', 200, `authorization, bearer, ${TOKEN}`],
  ['in the name', 200, `chat.v2, bearer.${TOKEN}`],
  ['as Kubernetes has it', 200, `base64url.bearer.authorization.k8s.io.${ENCODED}, base64.k8s.io`],
  ['as Phoenix has it', 200, `phoenix, base64url.bearer.phx.${ENCODED}`],
  ['on the second of two lines', 200, 'chat', `bearer, ${TOKEN}`],
  ['over two lines', 200, 'bearer', TOKEN],
  ['twice', 400, `bearer, ${TOKEN}, bearer.${TOKEN}`],
  ['on each of two lines', 400, `bearer, ${TOKEN}`, `bearer, ${TOKEN}`],
  ['in the name, after two announcements', 200, `authorization.bearer.${TOKEN}`],
  ['by itself', 200, TOKEN],
  ['after another protocol', 200, `chat, ${TOKEN}`],
  ['before bearer', 200, `${TOKEN}, bearer`],
  ['by itself, and announced', 400, `${TOKEN}, bearer, ${TOKEN}`],
  ['without its signature', 401, `chat, ${TOKEN.slice(0, TOKEN.lastIndexOf('.'))}`],
  ['after a name that announces none', 401, `chat.${TOKEN}`],
  ['and it is another', 401, `bearer, ${TOKEN}x`]
] as [string, number, ...string[]][]) {
  test(`a token among WebSocket protocols, ${title}: ${status}`, async (t) => {
    const url = await startChecking(t, ['websocket'])
    const fields = lines.map((line) => `Sec-WebSocket-Protocol: ${line}`)
    t.is(await statusOf(t, url, fields), status)
  })
}

async function startGate(t: ExecutionContext, token: string[]) {
  const config = JSON.stringify({
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ check: '/auth', protocol: 'forward-auth', token, verify: [{ keys: 'all' }] }]
  })
  const service = await startService(t, { config, now: () => NOW_SECONDS * 1000 })
  return { ...service, gate: `${service.url}/auth` }
}

test('a gate reads the URL that the gateway passes on', async (t) => {
  const { gate, log, requestLines } = await startGate(t, ['header', 'uri', 'uri:jwt'])
  const lines: [number, ...string[]][] = [
    [200, `X-Forwarded-Uri: /ws?access_token=${TOKEN}`],
    [200, `x-original-uri: /ws?a=b&jwt=${TOKEN}#x`],
    [200, `X-Original-URL: https://app.example.com/ws?access_token=${TOKEN}`],
    [200, 'X-Forwarded-Uri: /ws', `Authorization: Bearer ${TOKEN}`],
    [200, 'X-Forwarded-Uri: /ws?access_token=', `X-Original-URI: /ws?jwt=${TOKEN}`],
    [200, `X-Forwarded-Uri: /?jwt=${TOKEN}`, `X-Original-URL: https://a.example/?jwt=${TOKEN}`],
    // More than one: the gateway has not replaced the header of its client.
    [401, `X-Forwarded-Uri: /ws?access_token=${TOKEN}&access_token=${TOKEN}`],
    [401, `X-Forwarded-Uri: /ws?access_token=${TOKEN}&jwt=${TOKEN}`],
    [401, `X-Forwarded-Uri: /?jwt=${TOKEN}`, `X-Forwarded-Uri: /?jwt=${TOKEN}`],
    [401, `X-Forwarded-Uri: /?jwt=${TOKEN}`, `X-Original-URI: /?jwt=${OTHER}`],
    [401, `X-Forwarded-Uri: /?jwt=${TOKEN}`, `Authorization: Bearer ${TOKEN}`],
    [401, `X-Forwarded-Uri: /ws#?access_token=${TOKEN}`],
    [401, `X-Forwarded-Uri: /ws?token=${TOKEN}`],
    [401, `X-Forwarded-Uri: access_token=${TOKEN}`],
    [401, `Referer: /ws?access_token=${TOKEN}`]
  ]
  for (const [status, ...fields] of lines) {
    t.is(await statusOf(t, gate, fields), status, fields.join())
  }
  // The request of the gateway has its own URL, which is another place.
  t.is(await statusOf(t, gate, [], `?access_token=${TOKEN}`), 401)
  await requestLines(lines.length + 1)
  t.false(JSON.stringify(log).includes(TOKEN.slice(-20)))
})

test('a gate that does not name uri and websocket does not read them', async (t) => {
  const { gate } = await startGate(t, ['header'])
  const protocols = `Sec-WebSocket-Protocol: bearer, ${TOKEN}`
  t.is(await statusOf(t, gate, [`X-Forwarded-Uri: /ws?access_token=${TOKEN}`, protocols]), 401)
})

const LIST =
  'header, header:NAME, scheme:NAME, query, query:NAME, body, cookie:NAME, uri, uri:NAME or websocket'
const rejectedPlaces = [
  [['headers'], `routes[0].token[0]: expected ${LIST}; did you mean header?`],
  [['cookie:'], `routes[0].token[0]: expected ${LIST}`],
  [['cookie:a b'], `routes[0].token[0]: expected ${LIST}`],
  [['header:'], `routes[0].token[0]: expected ${LIST}; did you mean header?`],
  [['header:X Auth'], `routes[0].token[0]: expected ${LIST}`],
  [['query:a&b'], `routes[0].token[0]: expected ${LIST}`],
  [['websocket:x'], `routes[0].token[0]: expected ${LIST}; did you mean websocket?`],
  [['header:authorization'], 'routes[0].token[0]: expected header, or scheme:NAME'],
  [['header:Cookie'], 'routes[0].token[0]: expected cookie:NAME'],
  [['header:Sec-WebSocket-Protocol'], 'routes[0].token[0]: expected websocket'],
  [['header:X-Original-URI'], 'routes[0].token[0]: expected uri'],
  [['scheme:Bearer'], 'routes[0].token[0]: expected header'],
  [
    ['scheme:Basic'],
    'routes[0].token[0]: expected another scheme, since Basic carries a name and a password'
  ],
  [
    ['uri'],
    'routes[0].token: uri is the URL that a gateway passes on, and only goes with protocol: forward-auth'
  ],
  [['header', 'header'], 'routes[0].token: expected each place once'],
  [['header:X-A', 'header:x-a'], 'routes[0].token: expected each place once'],
  [['scheme:JWT', 'scheme:jwt'], 'routes[0].token: expected each place once'],
  [['query', 'query:access_token'], 'routes[0].token: expected each place once'],
  [[], 'routes[0].token: expected at least one place, found an empty list'],
  ['header', 'routes[0].token: expected a list of places']
] as const

for (const [places, problem] of rejectedPlaces) {
  test(`places given as ${JSON.stringify(places)} are rejected`, (t) => {
    t.deepEqual(
      problemsOf(t, checking(places), {
        env: { ENC_KEY: 'a secret of thirty-two characters or more' }
      }),
      [problem]
    )
  })
}
