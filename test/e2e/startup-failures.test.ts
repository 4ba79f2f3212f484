/** The messages of the built program when it cannot start, or gets wrong arguments. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { flatConfig } from '../helpers/config-texts.ts'
import { writeConfig, writeFiles } from '../helpers/folder.ts'
import { send } from '../helpers/http.ts'
import { runProgram, runService } from '../helpers/program.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

/** Is in place of every secret. */
const SECRET = 'n0body-may-read-this-in-any-message-whatever'
const LEAST = `encKey: ${SECRET}\nremote: http://example.com\n`

interface Failing {
  readonly args?: string[]
  readonly env?: Record<string, string>
}

/** Runs the program, which must fail with one readable message, and returns the message. */
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
      '1: encKey: found a secret of 20 bytes, expected at least 32 bytes for HS256 (RFC 7518, section 3.2)',
      '4: checkTokenRoute: /a is a route already, expected another path',
      '5: prot: unknown key, did you mean port?'
    ]
  },
  'no key, a bad URL, a route without a slash, a variable that is not set': {
    config: `encKey: {}\nremote: example.com/${SECRET}\ngetTokenRoute: getToken\nport: \${PORT}\n`,
    problems: [
      '1: encKey: expected text in quotes, { file: path } or { env: NAME }',
      '2: remote: expected an http:// or https:// URL',
      '3: getTokenRoute: expected a path that starts with a slash and has letters, digits and . _ ~ - only',
      '4: port: environment variable PORT is not set, and there is no default'
    ]
  }
}

for (const [what, { config, problems }] of Object.entries(failures)) {
  test(`${what} is reported`, async (t) => {
    const file = await writeConfig(t, config)
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    t.is(
      await messageOf(t, { env: { CFG_FILE: file } }),
      `txtoken serve: ${count} in ${file}\n${problems.map((problem) => `  - ${file}:${problem}\n`).join('')}`
    )
  })
}

test('a missing file is reported', async (t) => {
  const folder = await writeFiles(t)
  const file = join(folder, 'missing.yml')
  t.is(
    await messageOf(t, { env: { CFG_FILE: file } }),
    `txtoken serve: 1 problem in ${file}\n  - cannot read the file (no such file)\n`
  )
})

test('a directory of generated keys that cannot be opened is reported with its setting and line', async (t) => {
  const folder = await writeFiles(t, { file: '' })
  const dir = join(folder, 'file', 'keys')
  const config = `keys:
  - alg: ES256
    generate:
      dir: ${dir}
routes: [{ check: /check, verify: [{ keys: all }] }]
`
  const file = await writeConfig(t, config)
  t.is(
    await messageOf(t, { env: { CFG_FILE: file } }),
    `txtoken serve: ${file}:4: keys[0].generate.dir: ${dir}: cannot open the directory: ENOTDIR at mkdir\n`
  )
})

/** A port that a program listens on until the test ends. */
async function takenPort(t: ExecutionContext): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

test('a port in use is reported, also for the admin listener', async (t) => {
  const port = await takenPort(t)
  const message = (setting: string) =>
    `txtoken serve: cannot listen on 127.0.0.1:${port}: the port is taken by another program (${setting})\n`
  const rest = `keys: [{ alg: HS256, secret: ${SECRET} }]\nroutes: [{ check: /check, verify: [{ keys: all }] }]\n`
  const main = `listen: { main: { host: 127.0.0.1, port: ${port} } }\n${rest}`
  t.is(
    await messageOf(t, { env: { CFG_FILE: await writeConfig(t, main) } }),
    message('listen.main.port')
  )
  const admin = `listen: { main: { host: 127.0.0.1, port: 0 }, admin: { port: ${port} } }\n${rest}`
  t.is(
    await messageOf(t, { env: { CFG_FILE: await writeConfig(t, admin) } }),
    message('listen.admin.port')
  )
  const flat = `port: ${port}\nencKey: ${SECRET}\nremote: http://127.0.0.1:1/login\n`
  t.regex(
    await messageOf(t, { env: { CFG_FILE: await writeConfig(t, flat) } }),
    /the port is taken by another program \(port\)$/m
  )
})

test('the demo names the variable for a port in use', async (t) => {
  const port = String(await takenPort(t))
  const taken = `txtoken serve: cannot listen on 127.0.0.1:${port}: the port is taken by another program`
  t.is(
    await messageOf(t, { env: { PORT: '0', DEMO_PORT: port } }),
    `${taken}; set DEMO_PORT to use another port\n`
  )
  // By then it has warned of the published secret.
  const { code, stderr } = await runProgram(t, { env: { PORT: port, DEMO_PORT: '0' } }).exit()
  t.deepEqual({ code, stderr }, { code: 1, stderr: `${taken}; set PORT to use another port\n` })
})

test('the configuration is an argument too, with the command and without', async (t) => {
  const folder = await writeFiles(t)
  const file = join(folder, 'missing.yml')
  const message = `txtoken serve: 1 problem in ${file}\n  - cannot read the file (no such file)\n`
  t.is(await messageOf(t, { args: ['serve', file] }), message)
  t.is(await messageOf(t, { args: [file] }), message)
  t.is(
    await messageOf(t, { args: [file, '--config', 'other.yml'] }, 2),
    `txtoken serve: found two configuration files, ${file} and other.yml, expected one\n'txtoken serve --help' shows the usage.\n`
  )
})

test('an unknown command is reported with the closest known one, or with all of them', async (t) => {
  t.is(
    await messageOf(t, { args: ['serv'] }, 2),
    "txtoken: unknown command serv, did you mean serve?\n'txtoken --help' shows the usage.\n"
  )
  t.regex(
    await messageOf(t, { args: ['constructor'] }, 2),
    /^txtoken: unknown command constructor, expected one of serve, check-config, .*, tokens, keys, token\n/
  )
})

test('check-config reports whether a configuration is valid', async (t) => {
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

test('healthcheck reports whether the service is alive', async (t) => {
  const args = ['healthcheck']
  const service = await runService(t, flatConfig('http://127.0.0.1:1/', { port: 0 }), { ENC_KEY })
  const { port } = new URL(service.url)
  const env = { CFG_FILE: await writeConfig(t, flatConfig('http://a', { port })), ENC_KEY }
  const alive = await runProgram(t, { args, env }).exit()
  t.deepEqual(alive, { code: 0, stdout: '', stderr: '' })

  service.process.kill('SIGTERM')
  await service.exit()
  t.is(
    await messageOf(t, { args, env }),
    `txtoken healthcheck: http://127.0.0.1:${port}/livez cannot be reached (ECONNREFUSED)\n`
  )
  t.is(
    await messageOf(t, { args }, 2),
    "txtoken healthcheck: expected a configuration file, on the command line or in the environment variable CFG_FILE\n'txtoken healthcheck --help' shows the usage.\n"
  )
})

test('healthcheck accepts only 200, and calls the admin listener where there is one', async (t) => {
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
    `txtoken healthcheck: http://127.0.0.1:${port}/livez answered 503, expected 200\n`
  )
  t.deepEqual(asked, ['/livez'])
})

test('demo-login-api runs until SIGTERM', async (t) => {
  const program = runProgram(t, { args: ['demo-login-api', '--port', '0'], env: { ENC_KEY } })
  await program.saying('demo login API on')
  const [, port] = /127\.0\.0\.1:(\d+)/.exec(program.output().stdout) ?? []
  t.is((await send(`http://127.0.0.1:${port}/login`, { method: 'POST' })).status, 403)
  t.is((await send(`http://127.0.0.1:${port}/other`)).status, 404)
  program.process.kill('SIGTERM')
  const { code, stderr } = await program.exit()
  t.is(code, 0)
  t.regex(stderr, /^demo login API: rejected a call without a service bearer [^\n]*\n$/)
})

test('demo-login-api reports wrong arguments', async (t) => {
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
