import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import test from 'ava'
import { sourceProblems, startClaims } from '../../../helpers/claims.ts'
import { send } from '../../../helpers/http.ts'
import { samplesOf, scrape } from '../../../helpers/metrics.ts'
import { refusingUrl, replying, startRawRemote, startRemote } from '../../../helpers/remote.ts'
import { startService } from '../../../helpers/service.ts'

const BODY = '{"a":  1.10}'

/** A remote source without claims of the service itself. */
function remoteSource(url: string, more: object = {}) {
  return { from: 'remote', url, ...more }
}

function post(url: string, headers: Record<string, string> = {}) {
  return send(url, { method: 'POST', body: BODY, headers })
}

test('the body of the client is sent unchanged, and the reply is merged', async (t) => {
  const remote = await startRemote(t, replying('{"b":1.10,"exp":1,"sub":"root"}'))
  const { url } = await startClaims(t, [remoteSource(remote.url)])
  t.is((await post(`${url}/claims`)).text, '{"b":1.10}')
  const [seen] = remote.requests
  t.is(seen?.method, 'POST')
  t.is(seen?.url, '/login')
  t.is(seen?.headers['content-type'], 'application/json')
  t.is(seen?.body.toString(), BODY)
})

for (const [kind, route] of [
  ['claims', { claims: '/ask' }],
  ['themis', { issue: '/ask', protocol: 'themis' }]
] as const) {
  test(`${kind}: a body that is not JSON, or nests too deep, is not sent to a remote`, async (t) => {
    const remote = await startRemote(t, replying('{"b":2}'))
    const sources = [remoteSource(remote.url)]
    const config = JSON.stringify({
      keys: [{ kid: 'main', alg: 'HS256', secret: '${ENC_KEY}' }],
      limits: { depth: 2 },
      routes: [{ ...route, [kind === 'claims' ? 'sources' : 'claims']: sources }]
    })
    const { url } = await startService(t, { config })
    for (const body of ['{', 'a=1', '[[[]]]']) {
      t.is((await send(`${url}/ask`, { method: 'POST', body })).status, 400, body)
    }
    t.is(remote.requests.length, 0)
    for (const body of ['[[]]', '']) {
      t.is((await send(`${url}/ask`, { method: 'POST', body })).status, 200, body)
    }
  })
}

test('metadata is sent as an object, without members that the request lacks', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const metadata = [
    { name: 'ID', header: 'X-Midt-Device-Id', parameter: 'id' },
    { name: 'mac', variable: 'mac' },
    { name: 'none', parameter: 'none' },
    { name: 'Kind', value: { Nested: [1, null] } },
    { name: 'quo"te', parameter: 'q' }
  ]
  const { url } = await startClaims(t, [remoteSource(remote.url, { send: 'metadata', metadata })], {
    path: '/claims/{mac}'
  })
  await post(`${url}/claims/11%2F22?q=%22&id=parameter`, { 'x-midt-device-id': 'header' })
  await send(`${url}/claims/11`)
  t.deepEqual(
    remote.requests.map(({ body }) => body.toString()),
    [
      '{"ID":"header","mac":"11/22","Kind":{"Nested":[1,null]},"quo\\"te":"\\""}',
      '{"mac":"11","Kind":{"Nested":[1,null]}}'
    ]
  )
  t.is(remote.requests[0]?.headers['content-type'], 'application/json')
  t.is(
    (await send(`${url}/claims/11?id=a&id=b`)).text,
    '{"error":"ID is given 2 times, expected it once"}'
  )
})

test('a GET has no body, and a POST may have none', async (t) => {
  const remote = await startRemote(t, replying('{"b":1}'))
  const sources = [
    remoteSource(remote.url, { method: 'GET' }),
    remoteSource(remote.url, { send: 'nothing' })
  ]
  const { url } = await startClaims(t, sources)
  t.is((await post(`${url}/claims`)).text, '{"b":1}')
  for (const [index, method] of ['GET', 'POST'].entries()) {
    const seen = remote.requests[index]
    t.is(seen?.method, method)
    t.is(seen?.body.length, 0)
    t.is(seen?.headers['content-type'], undefined)
  }
})

test('metadata and path variables fill the URL', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const target = `${remote.url}/{mac}/{id}?partner={pid}&n={n}`
  const metadata = [
    { name: 'pid', header: 'x-pid', parameter: 'pid' },
    { name: 'mac', parameter: 'mac' },
    { name: 'n', value: 7 }
  ]
  const { url } = await startClaims(t, [remoteSource(target, { metadata })], {
    path: '/claims/{id}/{mac}'
  })
  await post(`${url}/claims/a%20b/of-the-path?mac=of%2Fthe%20query&pid=%26`)
  t.is(remote.requests[0]?.url, '/login/of%2Fthe%20query/a%20b?partner=%26&n=7')
})

test('a request that lacks what the URL needs is rejected, and the remote is not called', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const metadata = [{ name: 'mac', header: 'X-Mac', parameter: 'mac' }]
  const { url } = await startClaims(t, [remoteSource(`${remote.url}/{mac}`, { metadata })])
  const missing = await post(`${url}/claims?mac=`)
  t.is(missing.status, 400)
  t.is(missing.text, '{"error":"mac is missing, expected it in header x-mac or parameter mac"}')
  for (const value of ['.', '..', 'a/../b', '..\\']) {
    const rejected = await send(`${url}/claims?${new URLSearchParams({ mac: value })}`)
    t.is(rejected.status, 400, value)
    t.is(rejected.text, '{"error":"mac cannot be part of a URL"}')
  }
  t.is(remote.requests.length, 0)
})

test('configured headers are sent, and client headers where they are named', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const { url } = await startClaims(
    t,
    [
      remoteSource(remote.url, {
        headers: { 'X-Api-Key': { env: 'ENC_KEY' }, Accept: 'application/vnd.example+json' },
        forward: ['X-Request-Id', 'Accept-Language', 'Cookie', 'Authorization', 'User-Agent']
      })
    ],
    {}
  )
  await post(`${url}/claims`, {
    'x-request-id': 'id-1',
    'accept-language': 'de, en',
    cookie: 'a=b',
    authorization: 'Basic YTpi',
    'x-api-key': 'of the client',
    'x-other': 'x',
    'user-agent': 'browser'
  })
  const {
    host: _h,
    connection: _c,
    'content-length': _l,
    ...seen
  } = remote.requests[0]?.headers ?? {}
  t.deepEqual(seen, {
    accept: 'application/vnd.example+json',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'user-agent': 'browser',
    authorization: 'Basic YTpi',
    'x-api-key': 'a secret of thirty-two characters or more',
    'x-request-id': 'id-1',
    'accept-language': 'de, en',
    cookie: 'a=b'
  })
})

test('the id of a request reaches the remote too', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const { url } = await startClaims(t, [remoteSource(remote.url, { forward: ['x-request-id'] })])
  for (const id of [undefined, 'two words']) {
    const answer = await post(`${url}/claims`, id === undefined ? {} : { 'x-request-id': id })
    const seen = remote.requests.at(-1)?.headers['x-request-id']
    t.is(seen, answer.headers['x-request-id'])
    t.not(seen, id)
  }
})

const successes: [status: number, body: string, strict: number, any: number][] = [
  [200, '{"b":1}', 200, 200],
  [200, '', 500, 200],
  [201, '{"b":1}', 500, 200],
  [201, '', 500, 200],
  [204, '', 500, 200],
  [202, '<html>', 500, 500],
  [302, '', 500, 500],
  [304, '', 500, 500]
]

for (const [status, body, strict, any] of successes) {
  test(`a ${status} with ${body === '' ? 'no body' : body} is a ${strict}, with success: 2xx a ${any}`, async (t) => {
    const remote = await startRemote(t, replying(body, status))
    for (const [more, expected] of [
      [{}, strict],
      [{ success: '2xx' }, any]
    ] as const) {
      for (const at of [{}, { at: 'data' }]) {
        const { url } = await startClaims(t, [remoteSource(remote.url, { ...more, ...at })])
        const answer = await post(`${url}/claims`)
        t.is(answer.status, expected)
        if (expected !== 200) continue
        const claims = 'at' in at ? '{"data":{"b":1}}' : '{"b":1}'
        t.is(answer.text, body === '' ? '{}' : claims)
      }
    }
  })
}

/** A machine that is busy with other tests may be held up for a second or two. */
const PATIENCE = '5s'

const failures: [what: string, answer: (response: ServerResponse) => void, code: string][] = [
  ['500', replying('{}', 500), 'remote_status'],
  ['302', replying('', 302, { location: '/' }), 'remote_status'],
  ['no JSON', replying('<html>'), 'remote_reply'],
  ['a reply that cannot be merged', replying('[]'), 'remote_reply'],
  ['a reset', ({ socket }) => socket?.resetAndDestroy(), 'remote_failed'],
  ['a timeout', () => {}, 'remote_timeout']
]

for (const [what, answer, code] of failures) {
  test(`${what} of a remote is skipped where that is configured, with a warning and a count`, async (t) => {
    const remote = await startRemote(t, answer)
    const more = { timeout: what === 'a timeout' ? '300ms' : PATIENCE, onError: 'skip' }
    const fixed = { from: 'fixed', set: { a: 1 } }
    const service = await startClaims(t, [fixed, remoteSource(remote.url, more)])
    const { status, text } = await post(`${service.url}/claims`, { 'x-request-id': 'id-1' })
    t.is(status, 200)
    t.is(text, '{"a":1}')
    const { host } = new URL(remote.url)
    const line = service.log.find(({ msg }) => msg === 'claims of a remote skipped')
    t.like(line, { level: 'warn', requestId: 'id-1', remote: host, code })
    const skips = samplesOf(await scrape(service.url), 'txtoken_remote_skips_total')
    t.deepEqual(skips, { [`txtoken_remote_skips_total{remote="${host}",code="${code}"}`]: 1 })

    const failing = await startClaims(t, [remoteSource(remote.url, { ...more, onError: 'fail' })])
    t.is((await post(`${failing.url}/claims`)).status, 500)
  })
}

test('a remote that does not listen is skipped', async (t) => {
  const { url } = await startClaims(t, [remoteSource(await refusingUrl(t), { onError: 'skip' })])
  t.is((await post(`${url}/claims`)).text, '{}')
})

for (const status of [400, 401, 403, 404, 422, 429]) {
  test(`a ${status} of the remote rejects the request, and is never skipped`, async (t) => {
    const remote = await startRemote(t, replying('{}', status))
    const { url } = await startClaims(t, [remoteSource(remote.url, { onError: 'skip' })])
    t.is((await post(`${url}/claims`)).status, 500)
    const relaying = await startClaims(t, [remoteSource(remote.url, { onError: 'skip' })], {
      route: { statuses: 'relay' }
    })
    const relayed = [401, 403, 422, 429].includes(status) ? status : 502
    t.is((await post(`${relaying.url}/claims`)).status, relayed)
  })
}

const HALF_ERROR = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n{'

for (const [what, answer] of [
  ['ends', (socket: Socket) => void socket.end(HALF_ERROR)],
  ['stops', (socket: Socket) => void socket.write(HALF_ERROR)]
] as const) {
  test(`a 4xx whose body ${what} in the middle still rejects the request, and is never skipped`, async (t) => {
    const remote = await startRawRemote(t, answer)
    const more = { timeout: PATIENCE, onError: 'skip' }
    const { url } = await startClaims(t, [remoteSource(remote.url, more)], {
      route: { statuses: 'relay' }
    })
    t.is((await post(`${url}/claims`)).status, 403)
  })
}

test('too many calls, and an incomplete request, are never skipped', async (t) => {
  const waiting: ServerResponse[] = []
  const remote = await startRemote(t, (response) => void waiting.push(response))
  const source = remoteSource(remote.url, { onError: 'skip', limits: { calls: 1 } })
  const { url } = await startClaims(t, [source])
  const first = post(`${url}/claims`)
  await remote.asked()
  t.is((await post(`${url}/claims`)).status, 503)
  for (const response of waiting) response.end('{"a":1}')
  t.is((await first).text, '{"a":1}')

  const metadata = [{ name: 'mac', header: 'x-mac' }]
  const lacking = remoteSource(`${remote.url}/{mac}`, { onError: 'skip', metadata })
  t.is((await post(`${(await startClaims(t, [lacking])).url}/claims`)).status, 400)
})

test('a remote has its own limits', async (t) => {
  const remote = await startRemote(t, replying(`{"a":"${'x'.repeat(100)}"}`))
  const more = { limits: { reply: '50B' } }
  const small = await startClaims(t, [remoteSource(remote.url, more)])
  t.is((await post(`${small.url}/claims`)).text, '{"error":"reply too large"}')
  const large = await startClaims(t, [remoteSource(remote.url, { limits: { reply: '1KiB' } })], {
    more: { limits: { reply: '50B' } }
  })
  t.is((await post(`${large.url}/claims`)).status, 200)
})

const problems: [more: object, problem: string | RegExp][] = [
  [{ at: 'a', pick: { a: 'c' } }, 'pick: expected another claim than that of at'],
  [{ at: 'exp' }, /^at: .*set by the service itself/],
  [{ at: 'sub' }, /^at: only `fixed` and `pick` set this claim/],
  [{ pick: { jti: 'a' } }, /^pick\.jti: .*set by the service itself/],
  [{ pick: { a: 'b..c' } }, /^pick\.a: expected a path such as user\.name/],
  [{ drop: [] }, /^drop: expected at least one name/],
  [{ method: 'PUT' }, 'method: expected POST or GET'],
  [{ method: 'GET', send: 'body' }, 'send: expected nothing, since a GET has no body'],
  [{ send: 'metadata' }, 'send: expected metadata to send'],
  [
    { metadata: [{ name: 'a', header: 'a' }] },
    'metadata: nothing uses some of it, expected send: metadata, or a variable in url for each'
  ],
  [
    { send: 'metadata', metadata: [{ name: 'a' }] },
    'metadata[0]: expected at least one of header, parameter, variable, or else value'
  ],
  [
    { send: 'metadata', metadata: [{ name: 'a', value: 1, header: 'a' }] },
    'metadata[0]: expected at least one of header, parameter, variable, or else value'
  ],
  [
    {
      send: 'metadata',
      metadata: [
        { name: 'a', value: 1 },
        { name: 'a', value: 1 }
      ]
    },
    'metadata: expected each name once'
  ],
  [
    { send: 'metadata', metadata: [{ name: 'a', variable: 'v' }] },
    'metadata[0].variable: there is no variable {v} in the path /claims'
  ],
  [{ url: 'http://a/{mac}' }, 'url: there is no variable {mac} in the path /claims'],
  [
    { url: 'http://a/x{mac}', metadata: [{ name: 'mac', header: 'm' }] },
    'url: expected variables to be whole segments of the path or values of the query'
  ],
  [
    { url: 'http://a/{m}', metadata: [{ name: 'm', value: {} }] },
    'metadata: expected a text, a number, true or false for a variable in url'
  ],
  [
    { forward: ['Connection'] },
    /^forward\[0\]: the service sets this header itself, or it is of the connection/
  ],
  [
    { forward: ['content-length'] },
    /^forward\[0\]: the service sets this header itself, or it is of the connection/
  ],
  [
    { headers: { Host: 'a' } },
    /^headers\.Host: the service sets this header itself, or it is of the connection/
  ],
  [{ headers: { 'a b': 'a' } }, /^headers\["a b"\]: expected the name of a header/],
  [{ headers: { a: 'b\nc: d' } }, /^headers\.a: expected one line of visible ASCII characters/],
  [{ headers: { a: '' } }, /^headers\.a: expected one line of visible ASCII characters/],
  [{ headers: { a: 'b', A: 'c' } }, 'headers: expected each header once'],
  [{ headers: { a: 'b' }, forward: ['A'] }, 'forward: expected none of those in headers'],
  [
    { bearer: 1, headers: { Authorization: 'a' } },
    'headers: expected no authorization, since the bearer is sent there'
  ],
  [
    { bearer: 1, forward: ['Authorization'] },
    'forward: expected no authorization, since the bearer is sent there'
  ],
  [{ success: 201 }, /^success: expected 200 or 2xx/],
  [{ onError: 'ignore' }, 'onError: expected fail or skip'],
  [{ limits: { calls: 0 } }, 'limits.calls: expected a whole number from 1 to 65535']
]

for (const [more, expected] of problems) {
  test(`a remote source with ${JSON.stringify(more)} does not start`, (t) => {
    const [problem = '', ...others] = sourceProblems(t, remoteSource('http://a', more))
    t.deepEqual(others, [])
    if (typeof expected === 'string') t.is(problem, expected)
    else t.regex(problem, expected)
  })
}

for (const name of [
  'te',
  'upgrade',
  'proxy-authorization',
  'transfer-encoding',
  'keep-alive',
  'trailer',
  'host',
  'expect',
  'accept-encoding'
]) {
  test(`${name} cannot be forwarded`, (t) => {
    const problem = sourceProblems(t, remoteSource('http://a', { forward: [name] })).join()
    t.regex(problem, /^forward\[0\]: the service sets this header/)
  })
}
