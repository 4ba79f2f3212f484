import test from 'ava'
import { exchange, send } from '../helpers/http.ts'
import { runService } from '../helpers/program.ts'
import { refusingUrl, startRemote } from '../helpers/remote.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

/** Confidential values of a client or the remote, each in its own place. */
const seeds = {
  password: 'seed-password',
  path: 'seed-path',
  query: 'seed-query',
  header: 'seed-header',
  claim: 'seed-claim',
  reply: 'seed-reply',
  bearerData: 'seed-bearer-data',
  remoteQuery: 'seed-remote-query'
}

/** The reply of the remote, byte for byte. */
const replies = [
  `HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"${seeds.reply}"`,
  `HTTP/1.1 401 ${seeds.reply}\r\n${seeds.reply}: a\r\nContent-Length: 12\r\n\r\n"${seeds.reply}"`,
  `HTTP/1.1 500 No\r\nSet-Cookie: ${seeds.reply}\r\n\r\n<html>${seeds.reply}`,
  `HTTP/1.1 429 No\r\nRetry-After: ${seeds.reply}\r\nContent-Length: 0\r\n\r\n`,
  `HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/${seeds.reply}\r\nContent-Length: 0\r\n\r\n`,
  `HTTP/1.1 200 OK\r\n\r\n<html>${seeds.reply}`,
  `HTTP/1.1 200 OK\r\nContent-Encoding: ${seeds.reply}\r\n\r\n{}`,
  `HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"${seeds.reply}`,
  `HTTP/1.1 200 OK\r\nContent-Length: ${seeds.reply}\r\n\r\n{}`,
  `HTTP/1.1 200 OK\r\n${seeds.reply} a: b\r\n\r\n{}`,
  `${seeds.reply}\r\n\r\n`,
  ''
]

function bodyFor(reply: number): string {
  return JSON.stringify({ email: 'ada@example.com', password: seeds.password, reply })
}

test('no log line, metric or error shows a secret, a token, a bearer, a URL or a body', async (t) => {
  const remote = await startRemote(t, (response, { body }) => {
    response.socket?.end(replies[JSON.parse(body.toString()).reply] ?? '')
  })
  const down = await refusingUrl(t)
  const issue = (path: string, url: string, more: Record<string, unknown> = {}) => ({
    issue: path,
    claims: [
      {
        from: 'remote',
        url: `${url}?key=${seeds.remoteQuery}`,
        bearer: { for: seeds.bearerData },
        at: 'data'
      }
    ],
    ...more
  })
  const service = await runService(
    t,
    JSON.stringify({
      listen: { main: { port: 0, host: '127.0.0.1' } },
      log: { level: 'trace' },
      keys: [{ alg: 'HS256', secret: { env: 'ENC_KEY' } }],
      routes: [
        issue('/getToken', remote.url),
        issue('/relayed', remote.url, { statuses: 'relay' }),
        issue('/down', down),
        issue('/down-tls', remote.url.replace('http:', 'https:')),
        { check: '/checkToken', verify: [{ keys: 'all' }] }
      ]
    }),
    { ENC_KEY }
  )

  const answers: { status: number; text: string; headers?: unknown }[] = []
  const ask = async (path: string, request: Parameters<typeof send>[1] = {}) => {
    const headers = {
      cookie: seeds.header,
      referer: seeds.header,
      'x-forwarded-for': seeds.header,
      [seeds.header]: seeds.header,
      ...request.headers
    }
    const answer = await send(service.url + path, { method: 'POST', ...request, headers })
    answers.push(answer)
    return answer
  }

  const issued = await ask('/getToken', { body: bodyFor(0) })
  const { token } = JSON.parse(issued.text) as { token: string }
  for (const path of ['/getToken', '/relayed']) {
    for (const reply of replies.keys()) {
      await ask(`${path}?access_token=${seeds.query}`, { body: bodyFor(reply) })
    }
  }
  for (const path of ['/down', '/down-tls']) await ask(path, { body: bodyFor(0) })
  for (const body of [`{"password":"${seeds.password}`, seeds.password, `${bodyFor(0)}]`]) {
    await ask('/getToken', { body })
    await ask('/checkToken', { body })
  }
  await ask('/getToken', { body: seeds.password, headers: { 'content-encoding': seeds.header } })
  await ask('/getToken', { body: seeds.password.repeat(100_000) })

  const broken = [
    makeToken(`{"a":"${seeds.claim}"}`, { secret: 'other' }),
    makeToken(`{"a":"${seeds.claim}","exp":1}`),
    makeToken(`{"a":"${seeds.claim}","exp":"${seeds.claim}"}`),
    makeToken(`{"a":"${seeds.claim}`),
    // The log has `kid` and `alg` of rejected tokens, and nothing else of their header.
    makeToken('{}', { header: `{"alg":"HS256","kid":"1","${seeds.claim}":"${seeds.claim}"}` }),
    makeToken('{}', { header: `{"alg":"XS256","typ":"${seeds.claim}"}` }),
    makeToken('{}', { header: `{"alg":"HS256","crit":["${seeds.claim}"]}` }),
    `${token}${seeds.claim}`,
    seeds.claim
  ]
  const bearer = remote.requests[0]?.headers.authorization?.slice('Bearer '.length) ?? ''
  for (const given of [token, bearer, ...broken]) {
    await ask('/checkToken', { headers: { authorization: `Bearer ${given}` } })
    await ask(`/checkToken?access_token=${given}`, { method: 'GET' })
    await ask('/checkToken', { body: `access_token=${given}` })
    await ask('/checkToken', { body: JSON.stringify({ token: given }) })
    await ask(`/checkToken?access_token=${given}`, { headers: { authorization: given } })
  }
  for (const path of [`/${seeds.path}`, `/getToken/${seeds.path}?${seeds.query}`]) {
    await ask(path, { body: bodyFor(0) })
    await ask(path, { method: 'DELETE' })
  }
  const logged = answers.length
  // A request that Node.js rejects has an answer, but no line.
  for (const head of [`GET /${seeds.path}\u0000`, `${seeds.path} / HTTP/1.1`]) {
    const text = await exchange(t, service.url, `${head}\r\nHost: ${seeds.header}:a b\r\n\r\n`)
    answers.push({ status: 400, text })
  }
  const metrics = await send(`${service.url}/metrics`)
  service.process.kill('SIGTERM')
  const { stdout, stderr } = await service.exit()

  t.is(stderr, '')
  t.is(stdout.match(/"msg":"request"/g)?.length, logged + 1)
  t.true(metrics.text.includes('txtoken_checks_total'))
  const statuses = new Set(answers.map(({ status }) => status))
  t.deepEqual([...statuses].sort(), [200, 400, 401, 404, 413, 415, 429, 500, 502])
  const rejections = answers.filter(({ status }) => status !== 200)
  const texts = { stdout, metrics: metrics.text, rejections: JSON.stringify(rejections) }
  // A part of a few characters, such as the payload {}, may be in a request id by chance.
  const tokens = [token, bearer, ...broken]
    .flatMap((text) => text.split('.').slice(1))
    .filter((part) => part.length > 12)
  const secrets = [...Object.values(seeds), ...tokens, ENC_KEY, 'Bearer ey']
  for (const [name, text] of Object.entries(texts)) {
    for (const secret of secrets) {
      t.false(text.toLowerCase().includes(secret.toLowerCase()), `${secret} in ${name}`)
    }
  }
})
