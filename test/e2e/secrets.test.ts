/** The life of a process with `debug: true`: reloads that fail, clients that go away, an end that cuts requests. */
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import test from 'ava'
import { openConnection, post, send } from '../helpers/http.ts'
import { runService } from '../helpers/program.ts'
import { startRemote } from '../helpers/remote.ts'
import { encode } from '../helpers/tokens.ts'

const KEY = 'seed-key-of-thirty-two-characters-or-more'
const PASSWORD = 'seed-password'
const BEARER = 'seed-bearer-data'
const REPLY = 'seed-reply'
const OTHER = 'seed-in-a-file-that-is-never-swapped-in'

const GOOD = `port: 0
debug: true
encKey: \${ENC_KEY}
remote: REMOTE
requestTokenData: { authorization: ${BEARER} }
`
const BROKEN = [
  `port: 0\nencKey: "${OTHER}\nremote: http://a\n`,
  `encKey: *${OTHER}\nremote: !${OTHER} http://a\n`,
  `encKey: ${OTHER.slice(0, 20)}\nremote: http://user:${OTHER}@a\nrequestTokenData: '{"${OTHER}'\n`,
  `encKey: { file: broken.bin }\nremote: ${OTHER}\ngetTokenRoute: ${OTHER}\n`,
  `encKey: ${OTHER.repeat(2)}\nremote: http://a#${OTHER}\nexpHours: ${OTHER}\n`
]

test('with debug: true the process never prints a secret, from start to exit', async (t) => {
  const remote = await startRemote(t, (response, { body }) => {
    const { kind } = JSON.parse(body.toString()) as { kind: string }
    if (kind === 'token') response.end(JSON.stringify({ data: REPLY }))
    else if (kind === 'error') response.writeHead(401, REPLY).end(REPLY)
    else if (kind === 'junk') response.end(`{"data":"${REPLY}`)
    else if (kind === 'reset') response.socket?.destroy()
  })
  const service = await runService(t, GOOD.replace('REMOTE', `${remote.url}?key=${BEARER}`), {
    ENC_KEY: KEY
  })
  await writeFile(join(dirname(service.file), 'broken.bin'), `${OTHER}\xff`, 'latin1')
  const login = (kind: string) => JSON.stringify({ kind, password: PASSWORD })
  const heads = 'POST /getToken HTTP/1.1\r\nHost: a\r\nContent-Length: '

  const { text } = await post(`${service.url}/getToken`, login('token'))
  const { token } = JSON.parse(text) as { token: string }
  for (const kind of ['error', 'junk', 'reset']) await post(`${service.url}/getToken`, login(kind))
  await send(`${service.url}/checkToken?access_token=${token}`)
  await post(`${service.url}/checkToken?access_token=${token}`, JSON.stringify({ token }))
  await post(`${service.url}/checkToken`, JSON.stringify({ token: `${token}x` }))
  const [bearer = ''] = remote.requests.flatMap(({ headers }) => headers.authorization ?? [])
  await send(`${service.url}/checkToken`, { headers: { authorization: bearer } })

  // A client that goes away inside its body, and one that does so before its answer.
  openConnection(t, service.url).socket.end(`${heads}999\r\n\r\n${login('token')}`)
  const asked = remote.asked()
  const impatient = openConnection(t, service.url)
  impatient.write(`${heads}${login('silence').length}\r\n\r\n${login('silence')}`)
  await asked
  impatient.socket.destroy()
  await service.saying('client_gone')

  for (const broken of BROKEN) {
    const before = service.output().stdout.length
    await writeFile(service.file, broken)
    service.process.kill('SIGHUP')
    await service.saying('configuration not reloaded', before)
  }
  const metrics = await send(`${service.url}/metrics`)

  // An end that cuts a request.
  const held = remote.asked()
  openConnection(t, service.url).write(
    `${heads}${login('silence').length}\r\n\r\n${login('silence')}`
  )
  await held
  service.process.kill('SIGTERM')
  await service.saying('"stopping"')
  service.process.kill('SIGTERM')
  const { code, stdout, stderr } = await service.exit()
  t.is(code, 143)
  t.is(stderr, '')

  const parts = [token, bearer.replace('Bearer ', '')].flatMap((jwt) => jwt.split('.').slice(1))
  const secrets = [KEY, PASSWORD, BEARER, REPLY, OTHER, ...parts, encode(KEY)]
  for (const [name, output] of Object.entries({ stdout, metrics: metrics.text })) {
    for (const secret of secrets) t.false(output.includes(secret), `${secret} in ${name}`)
  }
})
