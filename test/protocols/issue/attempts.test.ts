import test, { type ExecutionContext } from 'ava'
import { createMemoryCounts } from '../../../src/revocation/stores/counts.ts'
import { parse, problemsOf } from '../../helpers/config.ts'
import { eventually } from '../../helpers/eventually.ts'
import { post, send } from '../../helpers/http.ts'
import { PASSWORD, startLoginApi, statusesOf, tryLogin } from '../../helpers/login-api.ts'
import { samplesOf, scrape } from '../../helpers/metrics.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY } from '../../helpers/tokens.ts'

interface Settings {
  readonly attempts: object
  readonly issue?: object
  readonly url: string
  readonly now?: () => number
}

function start(t: ExecutionContext, { attempts, issue, url, now }: Settings) {
  const claims = [{ from: 'remote', url, breaker: 'off' }]
  return startService(t, {
    ...(now !== undefined && { now }),
    config: JSON.stringify({
      listen: { main: { trustedProxies: ['127.0.0.1'] } },
      keys: [{ kid: 'main', alg: 'HS256', secret: ENC_KEY }],
      routes: [{ issue: '/login', statuses: 'relay', claims, attempts, ...issue }]
    })
  })
}

test('after the allowed attempts, logins of a name are rejected without a call, and logins of others are not', async (t) => {
  const api = await startLoginApi(t)
  let time = Date.now()
  const attempts = { by: ['body:email'], allow: 3, per: '15m' }
  const service = await start(t, { attempts, url: api.url, now: () => time })
  const url = `${service.url}/login`
  t.deepEqual(await statusesOf(url, 'ada@example.com', 4), [401, 401, 401, 429])
  // Neither another spelling nor the right password helps.
  time += 60_000
  t.like(await tryLogin(url, ' Ada@EXAMPLE.com', PASSWORD), { status: 429, retryAfter: '840' })
  t.is(api.requests.length, 3)
  t.is((await tryLogin(url, 'grace@example.com', PASSWORD)).status, 200)
  time += 840_001
  t.is((await tryLogin(url, 'ada@example.com')).status, 401)
  const [line] = service.log.filter(({ code }) => code === 'too_many_attempts')
  t.like(line, { level: 'info', status: 429, reason: 'body' })
  t.false(JSON.stringify(service.log).includes('example.com'))
  t.deepEqual(samplesOf(await scrape(service.url), 'txtoken_attempts_rejected_total'), {
    'txtoken_attempts_rejected_total{route="/login",by="body"}': 2
  })
})

test('a success resets the count of its name, and not of its address', async (t) => {
  const { url: remote } = await startLoginApi(t)
  const attempts = { by: ['body:email', 'client'], allow: 3, per: '1h' }
  const { url } = await start(t, { attempts, url: remote })
  t.deepEqual(await statusesOf(`${url}/login`, 'ada', 2), [401, 401])
  t.is((await tryLogin(`${url}/login`, 'ada', PASSWORD)).status, 200)
  t.deepEqual(await statusesOf(`${url}/login`, 'ada', 2), [401, 429])
  const named = await start(t, { attempts: { ...attempts, by: ['body:email'] }, url: remote })
  t.deepEqual(await statusesOf(`${named.url}/login`, 'ada', 2), [401, 401])
  t.is((await tryLogin(`${named.url}/login`, 'ada', PASSWORD)).status, 200)
  t.deepEqual(await statusesOf(`${named.url}/login`, 'ada', 4), [401, 401, 401, 429])
})

test('clients are counted by address, IPv6 clients by /64', async (t) => {
  const { url: remote } = await startLoginApi(t)
  const { url } = await start(t, {
    attempts: { by: ['client'], allow: 1, per: '1h' },
    url: remote
  })
  const from = async (address: string) => {
    const headers = { 'x-forwarded-for': address }
    return (await send(`${url}/login`, { method: 'POST', body: '{}', headers })).status
  }
  t.is(await from('2001:db8:1:2::1'), 401)
  t.is(await from('2001:db8:1:2:ffff::9'), 429)
  t.is(await from('2001:db8:1:3::1'), 401)
  t.is(await from('2001:db8::1'), 401)
  t.is(await from('2001:db8:0:0:1::'), 429)
  t.is(await from('203.0.113.7'), 401)
  t.is(await from('::ffff:203.0.113.7'), 429)
  t.is(await from('203.0.113.8'), 401)
})

test('concurrent attempts count like consecutive ones', async (t) => {
  const api = await startLoginApi(t)
  const { url } = await start(t, {
    attempts: { by: ['body:email'], allow: 5, per: '1h' },
    url: api.url
  })
  const all = await Promise.all(Array.from({ length: 20 }, () => tryLogin(`${url}/login`, 'ada')))
  t.is(all.filter(({ status }) => status === 401).length, 5)
  t.is(api.requests.length, 5)
})

test('a login that only logins in flight keep out may try again in a second', async (t) => {
  const held: (() => void)[] = []
  const api = await startRemote(t, (response, { body }) => {
    const isRight = body.toString().includes(PASSWORD)
    held.push(() => replying('{}', isRight ? 200 : 401)(response))
  })
  for (const by of ['client', 'body:email']) {
    const attempts = { by: [by], allow: 3, per: '15m' }
    const service = await start(t, { attempts, url: api.url })
    const logIn = (password?: string) => tryLogin(`${service.url}/login`, 'ada', password)
    const logInHeld = async (...passwords: (string | undefined)[]) => {
      const answers = passwords.map((password) => logIn(password))
      await eventually(() => held.length === passwords.length)
      const meanwhile = await logIn(PASSWORD)
      for (const release of held.splice(0)) release()
      return { meanwhile, statuses: (await Promise.all(answers)).map(({ status }) => status) }
    }
    for (const passwords of [
      [PASSWORD, PASSWORD, PASSWORD],
      [undefined, undefined, undefined]
    ]) {
      const { meanwhile, statuses } = await logInHeld(...passwords)
      t.like(meanwhile, { status: 429, retryAfter: '1' }, by)
      t.deepEqual(statuses, passwords[0] === undefined ? [401, 401, 401] : [200, 200, 200])
    }
    const { status, retryAfter } = await logIn(PASSWORD)
    t.is(status, 429)
    t.is(retryAfter?.length, 3)
  }
})

test('a login that the remote did not decide is not counted, unless all count', async (t) => {
  for (const [count, expected] of [
    ['refused', [502, 502, 502]],
    ['all', [502, 429, 429]]
  ] as const) {
    const { url: remote } = await startRemote(t, replying('{}', 500))
    const { url } = await start(t, {
      attempts: { by: ['body:email'], allow: 1, per: '1h', count },
      url: remote
    })
    t.deepEqual(await statusesOf(`${url}/login`, 'ada', 3), [...expected])
  }
})

test('a duplicate or missing name does not bypass the limit', async (t) => {
  const { url: remote } = await startLoginApi(t)
  const { url } = await start(t, {
    attempts: { by: ['client', 'body:user.email'], allow: 2, per: '1h' },
    url: remote
  })
  const twice = await post(`${url}/login`, '{"user":{"email":"ada","email":"grace"}}')
  t.is(twice.status, 400)
  t.deepEqual(await statusesOf(`${url}/login`, 'of no user', 3), [401, 401, 429])
})

test('all spellings of a number have one count, and values that are no name are rejected', async (t) => {
  const { url: remote, requests } = await startLoginApi(t)
  const attempts = { by: ['body:user.pin'], allow: 1, per: '1m' }
  const { url } = await start(t, { attempts, url: remote })
  const logIn = (pin: string) => post(`${url}/login`, `{"user":{"pin":${pin}}}`)
  t.is((await logIn('1234')).status, 401)
  for (const pin of ['1234.0', '1234.00', '12340e-1', '1234E0', '1.234e3', '"1234"', '1234.1']) {
    t.is((await logIn(pin)).status, 429, pin)
  }
  t.is((await logIn('12345')).status, 401)
  for (const pin of ['[1234]', '{"n":1234}', 'null']) {
    const { status, text } = await logIn(pin)
    t.is(status, 400, pin)
    t.true(text.includes('user.pin of the body is not text, a number, true or false'), text)
  }
  t.is(requests.length, 2)
})

test('members count in any letter case, and where several match, all of them do', async (t) => {
  const { url: remote, requests } = await startLoginApi(t)
  const attempts = { by: ['body:user.email'], allow: 1, per: '1h' }
  const { url } = await start(t, { attempts, url: remote })
  const statusOf = async (body: string) => (await post(`${url}/login`, body)).status
  t.is(await statusOf('{"user":{"email":"ada"}}'), 401)
  for (const body of [
    '{"user":{"Email":"ada"}}',
    '{"USER":{"e\\u004dail":"ada"}}',
    '{"user":{"email":"linus"},"User":{"EMAIL":"ada"}}',
    '{"user":{"Email":"linus","Email":"ada"}}'
  ]) {
    t.is(await statusOf(body), 429, body)
  }
  t.is(await statusOf('{"user":{"Email":"grace","EMAIL":"joan"}}'), 401)
  t.is(await statusOf('{"user":{"email":"grace"}}'), 429)
  t.is(await statusOf('{"user":{"email":"joan"}}'), 429)
  t.is(await statusOf('{"user":{"email":"linus"}}'), 401)
  t.is(requests.length, 3)
  const many = Array.from({ length: 11 }, () => '"User":{}').join()
  t.is(await statusOf(`{${many},"User":{"Email":"ada"}}`), 400)
})

test('fields of a form count in any letter case', async (t) => {
  const { url: remote } = await startLoginApi(t)
  const attempts = { by: ['body:email'], allow: 1, per: '1h' }
  const { url } = await start(t, { attempts, url: remote })
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const statusOf = async (body: string) =>
    (await send(`${url}/login`, { method: 'POST', body, headers })).status
  t.is(await statusOf('Email=ada&password=wrong'), 401)
  t.is(await statusOf('email=ada&password=wrong'), 429)
  t.is(await statusOf('EMAIL=linus&email=ada'), 429)
})

test("a success does not reset a count by another's name beside its own", async (t) => {
  const { url: remote } = await startLoginApi(t)
  const attempts = { by: ['body:email'], allow: 2, per: '1h' }
  const { url } = await start(t, { attempts, url: remote })
  t.is((await tryLogin(`${url}/login`, 'ada')).status, 401)
  const both = JSON.stringify({ email: 'ada', Email: 'mallory', password: PASSWORD })
  t.is((await post(`${url}/login`, both)).status, 200)
  t.deepEqual(await statusesOf(`${url}/login`, 'ada', 2), [401, 429])
})

test('a name in a form counts, whether or not the form is forwarded', async (t) => {
  const { url: remote } = await startRemote(t, replying('{}', 401))
  for (const source of [
    {},
    { send: 'metadata', metadata: [{ name: 'email', parameter: 'email' }] }
  ]) {
    const { url } = await start(t, {
      attempts: { by: ['body:email'], allow: 1, per: '1h' },
      issue: { claims: [{ from: 'remote', url: remote, ...source }] },
      url: remote
    })
    const logIn = (body: string) =>
      send(`${url}/login`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-www-form-urlencoded' }
      })
    const form = 'email=ada%40example.com&password=wrong'
    t.is((await logIn(form)).status, 401)
    t.is((await logIn(form)).status, 429)
    t.is((await logIn('email=grace')).status, 401)
    t.is((await logIn('{"email":"Grace"}')).status, 429)
    t.is((await logIn('email=linus&email=grace')).status, 400)
  }
})

test('a claims route counts together with its issue route, and one with its own sources may have a limit too', async (t) => {
  const api = await startLoginApi(t)
  const claims = [{ from: 'remote', url: api.url }]
  const attempts = { by: ['body:email'], allow: 2, per: '1h' }
  const { url } = await startService(t, {
    config: JSON.stringify({
      keys: [{ kid: 'main', alg: 'HS256', secret: ENC_KEY }],
      routes: [
        { issue: '/login', statuses: 'relay', claims, attempts },
        { claims: '/claims', statuses: 'relay', explain: true },
        { claims: '/own', statuses: 'relay', sources: claims, attempts }
      ]
    })
  })
  t.deepEqual(await statusesOf(`${url}/claims`, 'ada', 1), [401])
  t.deepEqual(await statusesOf(`${url}/claims?explain=1`, 'ada', 1), [401])
  for (const path of ['/login', '/claims', '/claims?explain=1']) {
    t.like(await tryLogin(`${url}${path}`, 'ada', PASSWORD), { status: 429 }, path)
  }
  t.is((await tryLogin(`${url}/claims`, 'grace', PASSWORD)).status, 200)
  t.deepEqual(await statusesOf(`${url}/own`, 'ada', 3), [401, 401, 429])
})

test('each wire format has its own answer to too many attempts', async (t) => {
  const time = Date.now()
  const { url: remote } = await startLoginApi(t)
  for (const [protocol, expected] of [
    ['txtoken', '{"message":"Too many attempts."'],
    ['oauth', '{"error":"temporarily_unavailable"'],
    ['themis', 'Too many attempts.']
  ] as const) {
    const { url } = await start(t, {
      attempts: { by: ['client'], allow: 1, per: '1h' },
      issue: { protocol, statuses: undefined },
      url: remote,
      now: () => time
    })
    await post(`${url}/login`, '{}')
    const { status, headers, text } = await post(`${url}/login`, '{}')
    t.is(status, 429, protocol)
    t.is(headers['retry-after'], '3600')
    t.true(text.startsWith(expected), text)
  }
})

test('counts take bounded memory: the least recently used one is evicted', async (t) => {
  const counts = createMemoryCounts(() => 0, 2)
  await counts.add('used', 1, 1000)
  await counts.add('unused', 1, 1000)
  await counts.add('used', 1, 1000)
  await counts.add('new', 1, 1000)
  t.is((await counts.add('used', 1, 1000)).count, 3)
  t.is((await counts.add('unused', 1, 1000)).count, 1)
})

test('taking back an attempt never creates a count, nor goes below 0', async (t) => {
  const counts = createMemoryCounts(() => 0)
  t.is((await counts.add('a', -1, 1000)).count, 0)
  t.is((await counts.add('a', 1, 1000)).count, 1)
  await counts.add('a', -1, 1000)
  await counts.add('a', -1, 1000)
  t.is((await counts.add('a', 1, 1000)).count, 1)
})

test('settings of attempts are validated', (t) => {
  const withAttempts = (attempts: object) => ({
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [{ issue: '/a', claims: [{ from: 'remote', url: 'http://127.0.0.1/' }], attempts }]
  })
  const [onlyOwn] = problemsOf(t, {
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [
      { issue: '/a', claims: [{ from: 'remote', url: 'http://127.0.0.1/' }] },
      { claims: '/b', attempts: { by: ['client'], allow: 1, per: '1h' } }
    ]
  })
  t.is(
    onlyOwn,
    'routes[1].attempts: expected sources of its own, since those of an issue route have its attempts'
  )
  const good = { by: ['client', 'body:user.email'], allow: 10, per: '15m' }
  t.notThrows(() => parse(withAttempts(good)))
  for (const [more, path] of [
    [{ by: ['address'] }, 'by[0]'],
    [{ by: ['body:'] }, 'by[0]'],
    [{ by: ['body:a..b'] }, 'by[0]'],
    [{ by: ['client', 'client'] }, 'by'],
    [{ by: [] }, 'by'],
    [{ allow: 0 }, 'allow'],
    [{ per: '0s' }, 'per'],
    [{ count: 'failed' }, 'count']
  ] as const) {
    const [problem] = problemsOf(t, withAttempts({ ...good, ...more }))
    t.true(problem?.startsWith(`routes[0].attempts.${path}: `), problem)
  }
})
