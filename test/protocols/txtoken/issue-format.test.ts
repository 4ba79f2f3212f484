import type { ServerResponse } from 'node:http'
import test from 'ava'
import { flatConfig, fullConfig } from '../../helpers/config-texts.ts'
import { exchange, openConnection, post, send, statusIn } from '../../helpers/http.ts'
import {
  refusingUrl,
  replying,
  type SeenRequest,
  startRawRemote,
  startRemote
} from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { makeToken, readToken } from '../../helpers/tokens.ts'

/** 2030-01-01, and a fraction of a second that no claim may show. */
const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000 + 789
const LOGIN = '{"email":"ada@example.com","password":"12345"}'
const JSON_TYPE = 'application/json; charset=utf-8'

const tokenized = [
  ['an object', '{"id":1,"name":"Ada"}'],
  ['an empty object', '{}'],
  ['null', 'null'],
  ['an array', '[1,[2],{"a":null}]'],
  ['text', '"Ada \\"the Countess\\" \\u00e9 é 漢 😀"'],
  ['a number', '42'],
  ['a boolean', 'false'],
  ['a number that no double holds', '1e400'],
  ['an integer of 20 digits', '{"id":12345678901234567890}'],
  ['claims of its own', '{"exp":1,"iat":2,"nbf":3,"iss":"me","sub":"you","jti":"x","aud":"z"}']
] as const

for (const [what, reply] of tokenized) {
  test(`a reply of ${what} becomes the data of a token with iat and exp`, async (t) => {
    const remote = await startRemote(t, replying(reply))
    const service = await startService(t, { config: flatConfig(remote.url), now })
    const answer = await post(`${service.url}/getToken`, LOGIN)
    const token = makeToken(`{"data":${reply},"iat":${NOW_SECONDS},"exp":${NOW_SECONDS + 3600}}`)
    t.is(answer.text, `{"token":"${token}"}`)
    t.is(answer.status, 200)
    t.is(answer.headers['content-type'], JSON_TYPE)
    t.is(answer.headers['cache-control'], 'no-store')
  })
}

test('a reply is accepted with any content type', async (t) => {
  const labels = ['text/html', 'application/json; charset=latin1', ';;', '']
  const remote = await startRemote(t, (response, { body }) => {
    response.writeHead(200, { 'content-type': labels[Number(body)] ?? '' }).end('"é"')
  })
  const service = await startService(t, { config: flatConfig(remote.url), now })
  for (const index of labels.keys()) {
    const { token } = JSON.parse((await post(`${service.url}/getToken`, String(index))).text)
    t.true(readToken(token).payload.startsWith('{"data":"é",'))
  }
})

test('expHours sets the lifetime, also as a fraction', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  for (const [expHours, seconds] of [
    [0.5, 1800],
    ['0.25', 900],
    [24, 86_400]
  ] as const) {
    const config = flatConfig(remote.url, { expHours })
    const service = await startService(t, { config, now })
    const { token } = JSON.parse((await post(`${service.url}/getToken`, LOGIN)).text)
    t.is(JSON.parse(readToken(token).payload).exp, NOW_SECONDS + seconds)
  }
})

const NOT_JSON = 'Can not unmarshal returned json.'
const unreadable: [string, string | Uint8Array, string][] = [
  ['HTML', '<!doctype html><title>Hello</title>', 'reply is not valid JSON'],
  ['nothing', '', 'reply is empty'],
  ['white space', ' \n', 'reply is not valid JSON'],
  ['half an object', '{"a":', 'reply is not valid JSON'],
  ['two values', '{} {}', 'reply is not valid JSON'],
  ['single quotes', "{'a':1}", 'reply is not valid JSON'],
  ['NaN', 'NaN', 'reply is not valid JSON'],
  ['a comma too many', '[1,]', 'reply is not valid JSON'],
  ['two byte order marks', '\ufeff\ufeff{}', 'reply is not valid JSON'],
  ['a line feed in text', '"a\nb"', 'reply is not valid JSON'],
  ['a form feed between tokens', '[\f1]', 'reply is not valid JSON'],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'reply is not valid UTF-8'],
  ['65 levels', `${'['.repeat(65)}${']'.repeat(65)}`, 'reply is nested deeper than 64 levels'],
  ['many levels that never end', '['.repeat(500_000), 'reply is nested deeper than 64 levels']
]

for (const [what, reply, error] of unreadable) {
  test(`a reply of ${what} is a 500`, async (t) => {
    const remote = await startRemote(t, replying(reply))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const answer = await post(`${service.url}/getToken`, LOGIN)
    t.is(answer.text, JSON.stringify({ error, message: NOT_JSON }))
    t.is(answer.status, 500)
    t.is(answer.headers['content-type'], JSON_TYPE)
  })
}

for (const status of [201, 204, 206, 301, 302, 303, 307, 308, 304, 400, 401, 404, 429, 500, 503]) {
  test(`a remote that answers ${status} is a 500 with that status in the body`, async (t) => {
    const remote = await startRemote(
      t,
      replying(status === 204 || status === 304 ? '' : '{"secret":"detail"}', status, {
        location: '/elsewhere',
        'retry-after': '7',
        'set-cookie': 'a=b',
        'www-authenticate': 'Basic realm="inside"'
      })
    )
    const service = await startService(t, { config: flatConfig(remote.url) })
    const answer = await post(`${service.url}/getToken`, LOGIN)
    t.is(answer.text, JSON.stringify({ message: 'Remote post status failure.', status }))
    t.is(answer.status, 500)
    t.is(answer.headers['content-type'], JSON_TYPE)
    t.is(remote.requests.length, 1)
    for (const name of ['location', 'retry-after', 'set-cookie', 'www-authenticate']) {
      t.is(answer.headers[name], undefined)
    }
  })
}

test('an error with a page larger than the limit for replies still shows its status', async (t) => {
  const remote = await startRemote(t, replying('x'.repeat(5000), 404))
  const config = fullConfig(remote.url, { more: { limits: { reply: '1KiB' } } })
  const service = await startService(t, { config })
  const answer = await post(`${service.url}/getToken`, LOGIN)
  t.is(answer.text, '{"message":"Remote post status failure.","status":404}')
})

const FAILURE = 'Remote post failure.'

test('a remote that refuses the connection is a 500', async (t) => {
  const service = await startService(t, { config: flatConfig(await refusingUrl(t)) })
  const answer = await post(`${service.url}/getToken`, LOGIN)
  t.is(answer.text, JSON.stringify({ error: 'connection refused', message: FAILURE }))
  t.is(answer.status, 500)
})

test('a remote that resets the connection is a 500', async (t) => {
  const remote = await startRawRemote(t, (socket) => socket.resetAndDestroy())
  const service = await startService(t, { config: flatConfig(remote.url) })
  const answer = await post(`${service.url}/getToken`, LOGIN)
  t.is(answer.text, JSON.stringify({ error: 'connection closed', message: FAILURE }))
  t.is(answer.status, 500)
})

test('a remote that never answers is a 500 at the deadline', async (t) => {
  const remote = await startRemote(t, () => {})
  const service = await startService(t, {
    config: fullConfig(remote.url, { source: { timeout: '50ms' } })
  })
  const answer = await post(`${service.url}/getToken`, LOGIN)
  t.is(answer.text, JSON.stringify({ error: 'timeout', message: FAILURE }))
  t.is(answer.status, 500)
})

const NO_JSON = 'Request body is not valid JSON.'
const badBodies: [string, string | Uint8Array, string][] = [
  ['no body', '', 'body is empty'],
  ['white space', '  ', 'body is not valid JSON'],
  ['a form', 'email=ada%40example.com&password=12345', 'body is not valid JSON'],
  ['half an object', '{"email":', 'body is not valid JSON'],
  ['two objects', '{}{}', 'body is not valid JSON'],
  ['a comment', '{} // hello', 'body is not valid JSON'],
  ['a byte order mark', '\ufeff{}', 'body is not valid JSON'],
  ['UTF-16', Buffer.from('{}', 'utf16le'), 'body is not valid JSON'],
  ['bytes that are not UTF-8', Buffer.from('{"a":"\xe9"}', 'latin1'), 'body is not valid UTF-8'],
  ['an encoded surrogate', Buffer.from('22eda08022', 'hex'), 'body is not valid UTF-8'],
  ['65 levels', `${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 'body is nested deeper than 64 levels']
]

for (const [what, body, error] of badBodies) {
  test(`a request with ${what} is a 400, and the remote is not called`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const answer = await post(`${service.url}/getToken`, body)
    t.is(answer.text, JSON.stringify({ error, message: NO_JSON }))
    t.is(answer.status, 400)
    t.is(answer.headers['content-type'], JSON_TYPE)
    t.is(remote.requests.length, 0)
  })
}

const bodies = [
  ['the documented one', LOGIN],
  ['text beyond ASCII', '{"name":"Zoë Ångström 漢字 😀"}'],
  ['odd white space', ' \t\r\n{ "a" :\r\n\t[ 1 ,2 ] }\n\n'],
  ['64 levels', `${'['.repeat(64)}${']'.repeat(64)}`],
  ['unusual numbers', '[1E+2,-0.0,1.10,12345678901234567890,1e400]'],
  ['a duplicate key', '{"a":1,"a":2}'],
  ['escapes', '{"\\u0061":"\\/\\ud800"}'],
  ['text', '"ada"'],
  ['null', 'null'],
  ['a body of a mebibyte', `"${'x'.repeat(2 ** 20 - 2)}"`]
] as const

for (const [what, body] of bodies) {
  test(`the remote is sent the body byte for byte: ${what}`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const answer = await post(`${service.url}/getToken`, body)
    t.is(answer.status, 200)
    const [seen] = remote.requests
    t.true(seen?.body.equals(Buffer.from(body)))
    t.is(seen?.headers['content-length'], String(Buffer.byteLength(body)))
  })
}

test('the remote gets a POST to its path and query, as JSON, without headers of the client but with its address', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const config = flatConfig(`${remote.url}/v1?a=b&c=%20`)
  const service = await startService(t, { config, now })
  await send(`${service.url}/getToken?from=client`, {
    method: 'POST',
    body: LOGIN,
    headers: {
      accept: 'text/html',
      'accept-encoding': 'gzip',
      authorization: 'Bearer the-clients-own',
      'content-type': 'text/plain',
      cookie: 'session=1',
      'user-agent': 'browser',
      'x-forwarded-for': '10.0.0.1'
    }
  })
  const [seen] = remote.requests
  t.is(seen?.method, 'POST')
  t.is(seen?.url, '/login/v1?a=b&c=%20')
  const { authorization, connection, ...headers } = seen?.headers ?? {}
  t.deepEqual(headers, {
    host: new URL(remote.url).host,
    accept: 'application/json',
    'x-forwarded-for': '127.0.0.1',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    'content-length': String(LOGIN.length),
    'user-agent': 'txtoken/0.0.0-test'
  })
  t.is(connection, 'keep-alive')
})

test('the service bearer holds the preset data, exp and its mark, and nothing else', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const config = flatConfig(remote.url, { requestTokenData: '{"n": 12345678901234567890}' })
  const service = await startService(t, { config, now })
  await post(`${service.url}/getToken`, LOGIN)
  const payload = `{"data":{"n":12345678901234567890},"txtoken_use":"service-bearer","exp":${NOW_SECONDS + 3600}}`
  t.is(remote.requests[0]?.headers.authorization, `Bearer ${makeToken(payload)}`)
})

test('without requestTokenData the service bearer holds null', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const { requestTokenData: _, ...config } = JSON.parse(flatConfig(remote.url))
  const service = await startService(t, { config: JSON.stringify(config) })
  await post(`${service.url}/getToken`, LOGIN)
  const bearer = remote.requests[0]?.headers.authorization ?? ''
  t.is(JSON.parse(readToken(bearer.slice('Bearer '.length)).payload).data, null)
})

for (const label of [
  'application/json',
  'application/json; charset=utf-16',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/xml',
  'application/octet-stream',
  'nonsense',
  ';;;=',
  ''
]) {
  test(`a body is JSON by its content, also with the content type "${label}"`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const answer = await send(`${service.url}/getToken`, {
      method: 'POST',
      body: LOGIN,
      headers: { 'content-type': label }
    })
    t.is(answer.status, 200)
    t.is(remote.requests[0]?.body.toString(), LOGIN)
  })
}

test('a body may come in chunks, cut inside a character', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: flatConfig(remote.url) })
  const connection = openConnection(t, service.url)
  connection.write('POST /getToken HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (const byte of Buffer.from('"é"')) {
    connection.write(Buffer.from([0x31, 0x0d, 0x0a, byte, 0x0d, 0x0a]))
  }
  connection.write('0\r\n\r\n')
  t.is(statusIn(await connection.until(/\r\n\r\n/)), 200)
  t.is(remote.requests[0]?.body.toString(), '"é"')
})

for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE']) {
  test(`${method} does not get a token: 405, and Allow has the method that does`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const answer = await send(`${service.url}/getToken`, { method })
    t.is(answer.status, 405)
    t.is(answer.headers.allow, 'POST')
    t.is(answer.text, method === 'HEAD' ? '' : '{"error":"Method not allowed."}')
    t.is(remote.requests.length, 0)
  })
}

test('OPTIONS lists the supported methods', async (t) => {
  const service = await startService(t, { config: flatConfig(await refusingUrl(t)) })
  const answer = await send(`${service.url}/getToken`, { method: 'OPTIONS' })
  t.is(answer.headers.allow, 'POST')
  t.is(answer.text, '')
})

for (const path of ['/gettoken', '/getToken/', '//getToken', '/get%54oken', '/getToken%00', '/']) {
  test(`${path} is another path than /getToken: 404`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const service = await startService(t, { config: flatConfig(remote.url) })
    const text = await exchange(
      t,
      service.url,
      `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}`
    )
    t.is(statusIn(text), 404)
    t.true(text.endsWith('{"error":"No such route."}'))
    t.is(remote.requests.length, 0)
  })
}

const relayed = [
  [200, 200],
  [201, 502],
  [204, 502],
  [302, 502],
  [400, 502],
  [401, 401],
  [403, 403],
  [404, 502],
  [409, 502],
  [422, 422],
  [429, 429],
  [500, 502],
  [503, 502]
] as const

for (const [status, expected] of relayed) {
  test(`with statuses: relay, ${status} from the remote becomes ${expected}`, async (t) => {
    const remote = await startRemote(t, replying('null', status, { 'retry-after': '120' }))
    const config = flatConfig(remote.url, { statuses: 'relay' })
    const service = await startService(t, { config })
    const answer = await post(`${service.url}/getToken`, LOGIN)
    t.is(answer.status, expected)
    t.is(answer.headers['retry-after'], status === 429 ? '120' : undefined)
    t.is(answer.headers['www-authenticate'], status === 401 ? 'Bearer' : undefined)
    if (status !== 200) {
      t.is(answer.text, JSON.stringify({ message: 'Remote post status failure.', status }))
    }
  })
}

const failures: [string, number, (response: ServerResponse) => void, string?][] = [
  ['resets the connection', 502, ({ socket }) => socket?.resetAndDestroy()],
  ['answers with HTML', 502, replying('<html>')],
  ['answers too much', 502, replying(`"${'x'.repeat(2000)}"`)],
  ['never answers', 504, () => {}, '50ms']
]

for (const [what, expected, answerWith, timeout = '60s'] of failures) {
  test(`with statuses: relay, a remote that ${what} becomes ${expected}`, async (t) => {
    const remote = await startRemote(t, answerWith)
    const config = fullConfig(remote.url, {
      source: { timeout },
      issue: { statuses: 'relay' },
      more: { limits: { reply: '1KiB' } }
    })
    const service = await startService(t, { config })
    t.is((await post(`${service.url}/getToken`, LOGIN)).status, expected)
  })
}

test('with statuses: relay, a refused connection becomes 502, and a bad body stays 400', async (t) => {
  const config = flatConfig(await refusingUrl(t), { statuses: 'relay' })
  const service = await startService(t, { config })
  t.is((await post(`${service.url}/getToken`, LOGIN)).status, 502)
  t.is((await post(`${service.url}/getToken`, 'no')).status, 400)
})

const retryAfters = [
  ['7', '7'],
  ['Fri, 31 Dec 2027 23:59:59 GMT', 'Fri, 31 Dec 2027 23:59:59 GMT'],
  ['soon, says db-7.internal', undefined],
  ['-1', undefined],
  ['漢', undefined]
] as const

for (const [sent, expected] of retryAfters) {
  test(`with statuses: relay, Retry-After "${sent}" of a 429 ${expected ? 'passes' : 'does not pass'}`, async (t) => {
    const remote = await startRawRemote(t, (socket) =>
      socket.end(`HTTP/1.1 429 No\r\nContent-Length: 0\r\nRetry-After: ${sent}\r\n\r\n`)
    )
    const service = await startService(t, { config: flatConfig(remote.url, { statuses: 'relay' }) })
    const answer = await post(`${service.url}/getToken`, LOGIN)
    t.is(answer.status, 429)
    t.is(answer.headers['retry-after'], expected)
    const [line] = await service.requestLines(1)
    t.is(line?.status, 429)
  })
}

test('a repeated Retry-After of the remote is not passed on', async (t) => {
  const answerWith = (response: ServerResponse, _request: SeenRequest) =>
    response.writeHead(429, ['Retry-After', '1', 'Retry-After', '2']).end()
  const remote = await startRemote(t, answerWith)
  const service = await startService(t, { config: flatConfig(remote.url, { statuses: 'relay' }) })
  const answer = await post(`${service.url}/getToken`, LOGIN)
  t.is(answer.status, 429)
  t.is(answer.headers['retry-after'], undefined)
})

test('a token over the limit is not issued', async (t) => {
  const remote = await startRemote(t, replying(`"${'x'.repeat(300)}"`))
  const config = fullConfig(remote.url, { more: { limits: { token: '256B' } } })
  const service = await startService(t, { config })
  const answer = await post(`${service.url}/getToken`, LOGIN)
  t.is(answer.status, 500)
  t.is(JSON.parse(answer.text).message, NOT_JSON)
})
