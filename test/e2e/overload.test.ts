/** The built program with more to do than it can. */
import test from 'ava'
import { eventually } from '../helpers/eventually.ts'
import { openConnection, post, send } from '../helpers/http.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { scrape } from '../helpers/metrics.ts'
import { runService, urlOf } from '../helpers/program.ts'

const CLIENTS = 300

test('under overload a part of the logins is rejected before their bodies are read, operators are answered, and afterwards all is well', async (t) => {
  // Signing takes the program many times longer than asking takes the test.
  const key = toPem(generateKeys('RS256').signing)
  const address = { host: '127.0.0.1', port: 0 }
  const config = JSON.stringify({
    listen: { main: address, admin: address },
    // As early as can be, so that this machine need not be slow.
    limits: { eventLoopDelay: '5ms' },
    log: { requests: false },
    keys: [{ alg: 'RS256', private: key }],
    routes: [
      { issue: '/getToken', claims: [{ from: 'fixed', set: { sub: 'ada' } }], lifetime: '1h' }
    ]
  })
  const program = await runService(t, config)
  const url = `${await urlOf(program, 'main')}/getToken`
  const admin = await urlOf(program, 'admin')
  const answers = { good: 0, rejected: 0 }
  let isLoading = true

  async function login(): Promise<void> {
    while (isLoading) {
      const answer = await post(url, '{}').catch(() => undefined)
      if (answer === undefined) continue
      const { status, headers, text } = answer
      if (status === 200) answers.good++
      else {
        t.is(status, 503)
        t.is(headers['retry-after'], '1')
        t.is(text, '{"message":"Too many requests."}')
        answers.rejected++
      }
    }
  }

  /** Sends no body, so that the only possible answer is one to its header. */
  async function ask(): Promise<boolean> {
    const connection = openConnection(t, url)
    connection.write('POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n')
    const isAnswered = connection.until(/"Too many requests."/).then(
      () => true,
      () => false
    )
    const isOther = new Promise<false>((resolve) => setTimeout(resolve, 500, false))
    const isRejected = await Promise.race([isAnswered, isOther])
    connection.socket.destroy()
    return isRejected
  }

  const clients = Array.from({ length: CLIENTS }, login)
  await eventually(() => answers.rejected > 100 && answers.good > 100, 20)
  await eventually(ask, 1)
  t.is((await send(`${admin}/readyz`)).status, 200)
  t.true(((await scrape(admin)).get('txtoken_requests_shed_total') ?? 0) > 100)
  isLoading = false
  await Promise.all(clients)
  await eventually(async () => {
    for (let count = 0; count < 20; count++) {
      if ((await post(url, '{}')).status !== 200) return false
    }
    return true
  })
  await program.saying('overloaded, requests rejected')
  const { stdout } = program.output()
  const lines = stdout.split('\n').filter((line) => line.includes('overloaded, requests rejected'))
  t.true(lines.length < answers.rejected / 5, `${lines.length} lines`)
})
