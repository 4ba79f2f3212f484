/** What the built program says when it cannot start, or is called in a wrong way. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { flatConfig } from '../helpers/config-texts.ts'
import { writeConfig, writeFiles } from '../helpers/folder.ts'
import { send } from '../helpers/http.ts'
import { runProgram, runService } from '../helpers/program.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

/** Stands wherever a secret does. */
const SECRET = 'n0body-may-read-this-in-any-message-whatever'
const LEAST = `encKey: ${SECRET}\nremote: http://example.com\n`

interface Failing {
  readonly args?: string[]
  readonly env?: Record<string, string>
}

/** Runs the program, which must fail with one readable message. Gives the message. */
async function messageOf(t: ExecutionContext, failing: Failing, expectedCode = 1): Promise<string> {
  const { args = [], env = {} } = failing
  const { code, stdout, stderr } = await runProgram(t, { args, env }).exit()
  t.is(code, expectedCode)
  t.is(stdout, '')
  t.regex(stderr, /^txtoken( [\w-]+)*: /)
  t.true(stderr.endsWith('\n'))
  t.notRegex(stderr, /^ {4}at |node:|\.js:\d/m)
  t.false(stderr.includes(SECRET), stderr)
  return stderr
}

const failures = {
  'a fault of the YAML': {
    config: `port: 8888\nencKey: ${SECRET}: x\nremote: http://a\n`,
    problems: ['2: YAML: a second colon; put the value in quotes']
  },
  'a short key, two equal routes, a misspelt key': {
    config: `encKey: ${SECRET.slice(0, 20)}\nremote: http://a\ngetTokenRoute: /a\ncheckTokenRoute: /a\nprot: 1\n`,
    problems: [
      '1: encKey: expected 32 to 64 characters, found 20',
      '4: checkTokenRoute: /a is a route already, expected another path',
      '5: prot: unknown key, did you mean port?'
    ]
  },
  'a long key, a bad URL, a route without a slash, a variable that is not set': {
    config: `encKey: ${SECRET}${SECRET}\nremote: example.com/${SECRET}\ngetTokenRoute: getToken\nport: \${PORT}\n`,
    problems: [
      '1: encKey: expected 32 to 64 characters, found 88',
      '2: remote: expected an http:// or https:// URL',
      '3: getTokenRoute: expected a path that starts with a slash and has letters, digits and . _ ~ - only',
      '4: port: environment variable PORT is not set, and there is no default'
    ]
  }
}

for (const [what, { config, problems }] of Object.entries(failures)) {
  test(`${what} is told`, async (t) => {
    const file = await writeConfig(t, config)
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    t.is(
      await messageOf(t, { env: { CFG_FILE: file } }),
      `txtoken serve: ${count} in ${file}\n${problems.map((problem) => `  - ${file}:${problem}\n`).join('')}`
    )
  })
}

test('a file that is missing is told', async (t) => {
  const folder = await writeFiles(t)
  const file = join(folder, 'missing.yml')
  t.is(
    await messageOf(t, { env: { CFG_FILE: file } }),
    `txtoken serve: 1 problem in ${file}\n  - cannot read the file (ENOENT)\n`
  )
})

/** A port that a program listens on until the test ends. */
async function takenPort(t: ExecutionContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

test('a port that is taken is told, that of the admin listener too', async (t) => {
  const port = await takenPort(t)
  const message = `txtoken serve: cannot listen on 127.0.0.1:${port}: the port is taken by another program\n`
  const rest = `keys: [{ alg: HS256, secret: ${SECRET} }]\nroutes: [{ check: /check, verify: [{ keys: all }] }]\n`
  const main = `listen: { main: { host: 127.0.0.1, port: ${port} } }\n${rest}`
  t.is(await messageOf(t, { env: { CFG_FILE: await writeConfig(t, main) } }), message)
  const admin = `listen: { main: { host: 127.0.0.1, port: 0 }, admin: { port: ${port} } }\n${rest}`
  t.is(await messageOf(t, { env: { CFG_FILE: await writeConfig(t, admin) } }), message)
})

test('the demo tells a port that is taken', async (t) => {
  const port = String(await takenPort(t))
  t.is(
    await messageOf(t, { env: { PORT: '0', DEMO_PORT: port } }),
    `txtoken serve: cannot listen on 127.0.0.1:${port}: the port is taken by another program\n`
  )
})

test('a command that is unknown is told with the one that was meant, or all that are known', async (t) => {
  t.is(
    await messageOf(t, { args: ['serv'] }, 2),
    "txtoken: unknown command serv, did you mean serve?\n'txtoken --help' shows the usage.\n"
  )
  t.regex(
    await messageOf(t, { args: ['constructor'] }, 2),
    /^txtoken: unknown command constructor, expected one of serve, check-config, .*, tokens, keys, token\n/
  )
})

test('check-config says whether a configuration is good', async (t) => {
  const args = ['check-config']
  const good = await writeConfig(t, LEAST)
  const { code, stdout, stderr } = await runProgram(t, { args, env: { CFG_FILE: good } }).exit()
  t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: `${good} is good\n`, stderr: '' })

  const bad = await writeConfig(t, `${LEAST}prot: 1\n`)
  t.is(
    await messageOf(t, { args, env: { CFG_FILE: bad } }),
    `txtoken check-config: 1 problem in ${bad}\n  - ${bad}:3: prot: unknown key, did you mean port?\n`
  )
})

test('healthcheck says whether the service lives', async (t) => {
  const args = ['healthcheck']
  const service = await runService(t, flatConfig('http://127.0.0.1:1/', { port: 0 }), { ENC_KEY })
  const { port } = new URL(service.url)
  const env = { CFG_FILE: await writeConfig(t, flatConfig('http://a', { port })), ENC_KEY }
  const alive = await runProgram(t, { args, env }).exit()
  t.deepEqual(alive, { code: 0, stdout: '', stderr: '' })

  service.process.kill('SIGTERM')
  await service.exit()
  t.is(await messageOf(t, { args, env }), 'txtoken healthcheck: /livez cannot be reached\n')
  t.is(
    await messageOf(t, { args }, 2),
    "txtoken healthcheck: expected a configuration file, on the command line or in the environment variable CFG_FILE\n'txtoken healthcheck --help' shows the usage.\n"
  )
})

test('healthcheck takes no other answer than 200, and asks the admin listener where there is one', async (t) => {
  const asked: (string | undefined)[] = []
  const server = createServer((request, response) => {
    asked.push(request.url)
    response.writeHead(503).end()
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const config = `listen: { main: { port: 1 }, admin: { host: 0.0.0.0, port: ${port} } }
keys: [{ alg: HS256, secret: ${SECRET} }]
routes: [{ check: /check, verify: [{ keys: all }] }]
`
  t.is(
    await messageOf(t, { args: ['healthcheck'], env: { CFG_FILE: await writeConfig(t, config) } }),
    'txtoken healthcheck: /livez answered 503, expected 200\n'
  )
  t.deepEqual(asked, ['/livez'])
})

test('demo-login-api serves until it is told to stop', async (t) => {
  const program = runProgram(t, { args: ['demo-login-api', '--port', '0'], env: { ENC_KEY } })
  await program.saying('demo login API on')
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(program.output().stdout) ?? []
  t.is((await send(`http://127.0.0.1:${port}/login`, { method: 'POST' })).status, 403)
  t.is((await send(`http://127.0.0.1:${port}/other`)).status, 404)
  program.process.kill('SIGTERM')
  t.like(await program.exit(), { code: 0, stderr: '' })
})

test('demo-login-api tells what it was called wrongly with', async (t) => {
  const hint = "'txtoken demo-login-api --help' shows the usage.\n"
  const message = (args: string[], code = 2) =>
    messageOf(t, { args: ['demo-login-api', ...args], env: { ENC_KEY } }, code)
  t.is(
    await messageOf(t, { args: ['demo-login-api'] }, 2),
    `txtoken demo-login-api: expected ENC_KEY to hold the secret that the service signs its bearer with\n${hint}`
  )
  t.regex(await message(['--prot', '1']), /^txtoken demo-login-api: .*--prot/)
  t.regex(await message(['--port']), /^txtoken demo-login-api: .*--port/)
  for (const port of ['http', '65536']) {
    t.is(
      await message([`--port=${port}`]),
      `txtoken demo-login-api: expected --port to be a whole number from 0 to 65535\n${hint}`
    )
  }
  const port = String(await takenPort(t))
  t.is(
    await message(['--port', port], 1),
    `txtoken demo-login-api: cannot listen on 127.0.0.1:${port}: the port is taken by another program\n`
  )
})
