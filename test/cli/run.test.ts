/** The command line as a whole: which command runs, and the exit code, for any arguments. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { COMMANDS } from '../../src/cli/commands.ts'
import { runCommand } from '../helpers/command-line.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

test('the help of the program has a line for each command', async (t) => {
  for (const args of [['--help'], ['-h'], ['help']]) {
    const { code, stdout, stderr } = await runCommand(args)
    t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    for (const { name, summary } of COMMANDS) {
      t.true(
        stdout.split('\n').some((line) => line.startsWith(`  ${name} `) && line.endsWith(summary))
      )
    }
  }
})

for (const { name } of COMMANDS) {
  test(`the help of ${name} has its usage, options and an example`, async (t) => {
    const { code, stdout, stderr } = await runCommand([...name.split(' '), '--help'])
    t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    t.true(stdout.includes(`\nUsage:\n  txtoken ${name} `), stdout)
    t.true(stdout.includes('-h, --help'))
    t.true(stdout.includes('\nExamples:\n  '))
    t.true(
      stdout.split('\n').every((line) => line.length <= 110),
      stdout
    )
    t.is((await runCommand(['help', ...name.split(' ')])).stdout, stdout)
    t.is((await runCommand([...name.split(' '), '--no-such-option', '-h'])).stdout, stdout)
  })
}

test('the help of a group has its commands alone', async (t) => {
  const { code, stdout } = await runCommand(['tokens', '--help'])
  t.is(code, 0)
  t.regex(stdout, /tokens create/)
  t.notRegex(stdout, /keys generate/)
})

test('an argument after -- does not ask for help', async (t) => {
  t.is((await runCommand(['tokens', 'show', '--', '--help'])).code, 2)
})

test('schema prints the schema that is in the package', async (t) => {
  const { code, stdout } = await runCommand(['schema'])
  t.is(code, 0)
  t.is(stdout, readFileSync('config.schema.json', 'utf8'))
})

test('--version prints the version of the package', async (t) => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const args of [['--version'], ['tokens', 'create', '--version']]) {
    t.deepEqual(await runCommand(args), { code: 0, stdout: `${version}\n`, stderr: '' })
  }
})

const wrongCalls: Record<string, { args: string[]; message: string; help: string }> = {
  'a misspelt command': {
    args: ['sreve'],
    message: 'txtoken: unknown command sreve, did you mean serve?',
    help: 'txtoken'
  },
  'a misspelt command of a group': {
    args: ['tokens', 'crate'],
    message: 'txtoken tokens: unknown command crate, did you mean create?',
    help: 'txtoken tokens'
  },
  'a group alone': {
    args: ['keys'],
    message: 'txtoken keys: missing command, expected one of generate, convert',
    help: 'txtoken keys'
  },
  'a misspelt option': {
    args: ['check-config', '--jsn'],
    message: 'txtoken check-config: unknown option --jsn, did you mean --json?',
    help: 'txtoken check-config'
  },
  'an option like no other': {
    args: ['tokens', 'show', 'ada', '--quiet=yes'],
    message:
      'txtoken tokens show: unknown option --quiet, expected one of --dir, --json, --help, --version',
    help: 'txtoken tokens show'
  },
  'a command of another group': {
    args: ['token', 'create', 'ada'],
    message: 'txtoken token: unknown command create, did you mean tokens create?',
    help: 'txtoken token'
  },
  'a value for help': {
    args: ['schema', '--help=yes'],
    message: "txtoken schema: Option '-h, --help' does not take an argument",
    help: 'txtoken schema'
  },
  'a misspelt option of the program': {
    args: ['--verison'],
    message: 'txtoken serve: unknown option --verison, did you mean --version?',
    help: 'txtoken serve'
  },
  'a configuration whose name is empty': {
    args: ['serve', '--config', ''],
    message:
      'txtoken serve: expected a configuration file, on the command line or in the environment variable CFG_FILE',
    help: 'txtoken serve'
  },
  'an option of the default command': {
    args: ['--confg', 'a.yml'],
    message: 'txtoken serve: unknown option --confg, did you mean --config?',
    help: 'txtoken serve'
  },
  'a parameter that is missing': {
    args: ['tokens', 'create'],
    message: 'txtoken tokens create: expected <user>',
    help: 'txtoken tokens create'
  },
  'a parameter too many': {
    args: ['check-config', 'a.yml', 'b.yml'],
    message: 'txtoken check-config: too many arguments, expected [FILE]',
    help: 'txtoken check-config'
  },
  'a parameter where there are none': {
    args: ['schema', 'a.yml'],
    message: 'txtoken schema: too many arguments, expected only options',
    help: 'txtoken schema'
  }
}

for (const [what, { args, message, help }] of Object.entries(wrongCalls)) {
  test(`${what} is an error that points to the help`, async (t) => {
    t.deepEqual(await runCommand(args), {
      code: 2,
      stdout: '',
      stderr: `${message}\n'${help} --help' shows the usage.\n`
    })
  })
}

test('every command that takes a FILE also takes it as --config', async (t) => {
  const commands = await Promise.all(
    COMMANDS.map(async ({ name, load }) => ({ name, ...(await load()) }))
  )
  const names = commands
    .filter(({ parameters }) => parameters?.includes('[FILE]'))
    .map(({ name }) => name)
  t.deepEqual(names, ['serve', 'check-config', 'explain', 'healthcheck'])
  for (const name of names) {
    for (const option of ['-c', '--config']) {
      const { code, stderr } = await runCommand([name, option, 'no-such.yml'])
      t.is(code, 1)
      t.true(stderr.startsWith(`txtoken ${name}: `) && stderr.includes('no-such.yml'), stderr)
    }
    const { code, stderr } = await runCommand([name, 'a.yml', '-c', 'b.yml'])
    t.is(code, 2)
    t.regex(stderr, /found two configuration files, a\.yml and b\.yml, expected one/)
  }
})

test('an option without its value is an error that names it', async (t) => {
  const { code, stderr } = await runCommand(['tokens', 'show', 'ada', '--dir'])
  t.is(code, 2)
  t.regex(stderr, /^txtoken tokens show: .*--dir/)
})

/** These run until a signal. */
const LASTING = ['serve', 'demo', 'demo-login-api']
const FILES = {
  empty: '',
  bytes: Buffer.from([0xff, 0x00, 0x01]),
  list: '[]',
  set: '{"keys":[{"kty":"RSA"},5,null]}',
  jwk: '{"kty":"EC","crv":"P-256","x":"a","y":5,"d":"x"}',
  secret: '{"kty":"oct","k":"","alg":"HS256"}',
  pem: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  config: 'keys: [{ alg: HS256, secret: { file: . } }]\nroutes: 5\n'
}
const OPTIONS = [
  ...['--json', '--print', '--probe', '--public', '--force', '--allow-http', '--', '-', '-c'],
  ...['--alg', '--kid', '--to', '--key', '--claim', '--lifetime', '--secret-env', '--jwks'],
  ...['--passphrase-env', '--format', '--alg=', '--json=1', '-x']
]
const VALUES = [
  ...['', 'ES256', 'none', 'jwk', 'pem', 'a=1', '__proto__=1', '=', '1h', '0', 'NAME', 'http://'],
  ...['https://127.0.0.1:1', 'ada', '../x', 'system', 'é', '\0', 'a\nb', 'x'.repeat(3000)]
]
const INPUTS = [
  ...['', '{', '[]', 'null', '{"token":5}', 'a.b.c', 'e30.e30.AA', '\ud800'],
  ...Object.values(FILES).map(String)
]

test('no call ends in a crash or in an undocumented exit code', async (t) => {
  const folder = await createTemporaryFolder(t)
  for (const [name, content] of Object.entries(FILES)) await writeFile(join(folder, name), content)
  const paths = [folder, ...Object.keys(FILES).map((name) => join(folder, name))]
  const names = COMMANDS.map(({ name }) => name).filter((name) => !LASTING.includes(name))
  const command = fc.constantFrom(...names, 'tokens', 'token', 'nothing')
  const words = fc.array(fc.constantFrom(...OPTIONS, ...VALUES, ...paths), { maxLength: 6 })

  async function callIt(name: string, rest: string[], input: string): Promise<void> {
    const place = name.startsWith('tokens ') ? ['--dir', join(folder, '.auth')] : []
    const args = [...name.split(' '), ...place, ...rest]
    const { code, stdout, stderr } = await runCommand(args, { input, env: { NAME: 'a value' } })
    t.true([0, 1, 2].includes(code))
    t.notRegex(stderr, /a bug in txtoken|\n {4}at |undefined|\[object/, JSON.stringify(args))
    if (code === 2) t.is(stdout, '')
  }
  await fc.assert(fc.asyncProperty(command, words, fc.constantFrom(...INPUTS), callIt), {
    numRuns: 300
  })
})
