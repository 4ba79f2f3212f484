/** `tokens`: a key pair, the system token, and tokens of users. */
import { createPublicKey } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { importSPKI, jwtVerify } from 'jose'
import { runCommand } from '../helpers/command-line.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { readToken } from '../helpers/tokens.ts'

const NOW = Date.UTC(2030, 0, 1)
const now = () => NOW
const SECONDS = NOW / 1000
const DAY = 86_400

/** A folder after `tokens init`, and functions that run commands on it. */
async function initialize(t: ExecutionContext, ...more: string[]) {
  const dir = join(await createTemporaryFolder(t), '.auth')
  const tokens = (command: string, ...args: string[]) =>
    runCommand(['tokens', command, '--dir', dir, ...args], { now })
  t.like(await tokens('init', ...more), { code: 0, stdout: '' })
  return { dir, tokens, read: (name: string) => readFile(join(dir, name), 'utf8') }
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(readToken(token).payload)
}

test('init makes a key pair and the system token, which only the owner can read', async (t) => {
  const { dir, read } = await initialize(t)
  t.deepEqual((await readdir(dir)).toSorted(), ['id_rsa', 'id_rsa.pub', 'system.token'])
  t.is((await stat(dir)).mode & 0o777, 0o700)
  for (const name of await readdir(dir)) t.is((await stat(join(dir, name))).mode & 0o777, 0o600)
  t.regex(await read('id_rsa'), /^-----BEGIN PRIVATE KEY-----\n/)
  t.regex(await read('id_rsa.pub'), /^-----BEGIN PUBLIC KEY-----\n/)

  const key = await importSPKI(await read('id_rsa.pub'), 'RS512')
  const { payload, protectedHeader } = await jwtVerify((await read('system.token')).trim(), key, {
    currentDate: new Date(NOW)
  })
  t.deepEqual(protectedHeader, { alg: 'RS512', typ: 'JWT' })
  t.deepEqual(payload, { sub: 'okera', groups: ['root'], iat: SECONDS, exp: SECONDS + 30 * DAY })
})

test('create saves the token of a user and prints it, show prints it again', async (t) => {
  const { dir, tokens, read } = await initialize(t)
  const created = await tokens('create', 'ada', 'analysts', 'admins')
  t.is(created.code, 0)
  t.is(created.stdout, await read('ada.token'))
  t.is((await stat(join(dir, 'ada.token'))).mode & 0o777, 0o600)
  t.like(claimsOf(created.stdout), { sub: 'ada', groups: ['analysts', 'admins'] })
  t.deepEqual(await tokens('show', 'ada'), { code: 0, stdout: created.stdout, stderr: '' })
  t.is((await tokens('show', 'system')).stdout, await read('system.token'))
  t.deepEqual(JSON.parse((await tokens('show', 'ada', '--json')).stdout), {
    user: 'ada',
    token: created.stdout.trim()
  })
  const other = await tokens('create', 'grace', '--json')
  t.like(JSON.parse(other.stdout), { user: 'grace', file: join(dir, 'grace.token') })
  t.deepEqual(claimsOf(JSON.parse(other.stdout).token).groups, [])
})

test('options set algorithm, kid, lifetime and claims', async (t) => {
  const { tokens } = await initialize(t)
  const claims = [
    'source=microservice',
    'big=12345678901234567890',
    'tree={"a":[1,true]}',
    'text={no json',
    'iss=https://a.example'
  ]
  const options = ['--alg', 'RSA256', '--kid', 'k1', '--lifetime', '90m']
  const { stdout } = await tokens(
    'create',
    'ada',
    ...options,
    ...claims.flatMap((claim) => ['--claim', claim])
  )
  t.is(readToken(stdout).header, '{"alg":"RS256","typ":"JWT","kid":"k1"}')
  t.is(
    readToken(stdout).payload,
    `{"sub":"ada","groups":[],"source":"microservice","big":12345678901234567890,"tree":{"a":[1,true]},"text":"{no json","iss":"https://a.example","iat":${SECONDS},"exp":${SECONDS + 5400}}`
  )
})

test('the key itself shows its algorithm where it is not RSA', async (t) => {
  const { tokens, read } = await initialize(t, '--alg', 'ES256')
  t.is(createPublicKey(await read('id_rsa.pub')).asymmetricKeyType, 'ec')
  const { stdout } = await tokens('create', 'ada')
  t.is(readToken(stdout).header, '{"alg":"ES256","typ":"JWT"}')
  const { code, stderr } = await tokens('create', 'grace', '--alg', 'RS512')
  t.is(code, 1)
  t.regex(stderr, /id_rsa: found an EC key on the curve P-256, expected an RSA key/)
})

test('existing keys are used', async (t) => {
  const dir = await createTemporaryFolder(t)
  const { signing, verifying } = generateKeys('RS512')
  await writeFile(join(dir, 'id_rsa'), toPem(signing), { mode: 0o600 })
  t.like(await runCommand(['tokens', 'init', '--dir', dir]), { code: 0 })
  t.is(await readFile(join(dir, 'id_rsa'), 'utf8'), toPem(signing))
  t.is(await readFile(join(dir, 'id_rsa.pub'), 'utf8'), toPem(verifying))
  const token = (await readFile(join(dir, 'system.token'), 'utf8')).trim()
  await t.notThrowsAsync(jwtVerify(token, verifying))
})

test('nothing is overwritten without --force, and a key never is', async (t) => {
  const { dir, tokens, read } = await initialize(t)
  await tokens('create', 'ada')
  const names = (await readdir(dir)).toSorted()
  const before = await Promise.all(names.map(read))
  for (const [command = '', ...args] of [['init'], ['create', 'ada', 'other']]) {
    const { code, stdout, stderr } = await tokens(command, ...args)
    t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    t.regex(stderr, /\.token exists already; --force overwrites it\n$/)
  }
  t.deepEqual(await Promise.all(names.map(read)), before)

  t.is((await tokens('create', 'ada', 'other', '--force')).code, 0)
  t.deepEqual(claimsOf(await read('ada.token')).groups, ['other'])
  t.is((await tokens('init', '--force', '--lifetime', '1h')).code, 0)
  t.is(claimsOf(await read('system.token')).exp, SECONDS + 3600)
  t.is(await read('id_rsa'), before[names.indexOf('id_rsa')] ?? '')
  t.deepEqual((await readdir(dir)).toSorted(), names)
})

test('names that could lead out of the folder, or hide in it, are rejected', async (t) => {
  const { dir, tokens } = await initialize(t)
  const before = await readdir(dir)
  const names = ['../ada', '/etc/ada', 'a/b', '..', '.hidden', '', 'a\0b', 'a\nb', 'a'.repeat(129)]
  for (const name of [...names, '..\\ada']) {
    for (const command of ['create', 'show']) {
      const { code, stderr } = await tokens(command, '--', name)
      t.is(code, 2, name)
      t.regex(stderr, /expected a user name of at most 128 letters/)
    }
  }
  t.is((await tokens('create', 'system')).code, 2)
  t.deepEqual(await readdir(dir), before)
  t.is((await tokens('create', 'åsa.öberg+test@example.com')).code, 0)
})

test('claims that have their own option are rejected', async (t) => {
  const { dir, tokens } = await initialize(t)
  for (const name of ['sub', 'groups', 'iat', 'exp', 'nbf', 'jti', 'txtoken_use']) {
    const { code, stderr } = await tokens('create', 'ada', '--claim', `${name}=1`)
    t.is(code, 2)
    t.true(stderr.startsWith(`txtoken tokens create: --claim ${name}: this claim `), stderr)
  }
  for (const claim of ['name', '=value']) {
    t.is((await tokens('create', 'ada', '--claim', claim)).code, 2)
  }
  t.deepEqual((await readdir(dir)).length, 3)
})

test('wrong values of options are reported', async (t) => {
  const { tokens } = await initialize(t)
  const errorOf = async (...args: string[]) => {
    const { code, stderr } = await tokens('create', 'ada', ...args)
    t.is(code, 2)
    return stderr
  }
  t.regex(await errorOf('--alg', 'none'), /expected --alg to be one of HS256, .*EdDSA/)
  t.regex(await errorOf('--alg', 'HS256'), /expected --alg to be an algorithm with a key pair/)
  for (const lifetime of ['0s', '1', 'forever', '40000d']) {
    t.regex(await errorOf('--lifetime', lifetime), /expected --lifetime to be a duration/)
  }
})

test('a folder with missing or unexpected files is reported', async (t) => {
  const dir = await createTemporaryFolder(t)
  const tokens = (...args: string[]) => runCommand(['tokens', ...args, '--dir', dir])
  t.regex(
    (await tokens('create', 'ada')).stderr,
    /found no .*id_rsa, .*'txtoken tokens init' makes one/
  )
  t.regex((await tokens('show', 'ada')).stderr, /found no .*ada\.token/)

  await writeFile(join(dir, 'id_rsa.pub'), toPem(generateKeys('RS512').verifying))
  t.regex(
    (await tokens('init')).stderr,
    /found .*id_rsa\.pub without .*id_rsa, expected both or neither/
  )
  t.deepEqual(await readdir(dir), ['id_rsa.pub'])

  await writeFile(join(dir, 'id_rsa'), toPem(generateKeys('RS512').signing))
  t.regex(
    (await tokens('init')).stderr,
    /id_rsa\.pub: found another key, expected the public key of/
  )
  await writeFile(join(dir, 'id_rsa.pub'), 'ssh-rsa AAAA ada@example.com')
  t.regex(
    (await tokens('init')).stderr,
    /id_rsa\.pub: found no PEM, .* remove the file, and .* writes it again/
  )
  await writeFile(join(dir, 'id_rsa'), 'no key')
  t.like(await tokens('init'), { code: 1 })

  const within = join(dir, 'id_rsa', '.auth')
  const { code, stderr } = await runCommand(['tokens', 'init', '--dir', within])
  t.is(code, 1)
  t.is(
    stderr,
    `txtoken tokens init: cannot create ${within} (a part of the path is not a folder)\n`
  )

  await mkdir(join(dir, 'ada.token'))
  t.regex((await tokens('show', 'ada')).stderr, /cannot read .*ada\.token \(is a folder\)/)
})

test('a key that others may read is used with a warning', async (t) => {
  const { dir, tokens } = await initialize(t)
  await chmod(join(dir, 'id_rsa'), 0o644)
  const { code, stderr } = await tokens('create', 'ada')
  t.is(code, 0)
  t.regex(stderr, /warning: users other than the owner can access .*id_rsa \(mode 644\)/)
})
