/** The package as users get it: packed, installed into an empty folder from the registry without install scripts, and used from there. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import anyTest, { type TestFn } from 'ava'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')
const ENC_KEY = 'a secret of thirty-two characters or more'
const project = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

const test = anyTest as TestFn<{
  /** The names of the packed files. */
  files: string[]
  /** The name of the tarball. */
  packed: string
  /** The folder that it is installed in. */
  folder: string
}>

test.before('pack and install', async (t) => {
  t.timeout(120_000, 'the registry may be slow')
  const folder = await mkdtemp(join(tmpdir(), 'txtoken-package-'))
  // Without the script that would rebuild, since other tests run the build.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  t.context = { folder, packed: '', files: [] }
  const packed = JSON.parse((await run('npm', pack, { cwd: ROOT })).stdout)[0]
  t.context = {
    folder,
    packed: packed.filename,
    files: packed.files.map(({ path }: { path: string }) => path)
  }
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const types = `@types/node@${project.devDependencies['@types/node']}`
  const install = [
    'install',
    '--omit=dev',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund'
  ]
  await run('npm', [...install, join(folder, packed.filename), types], { cwd: folder })
})

test.after.always((t) => rm(t.context.folder, { recursive: true, force: true }))

/** Runs a program in the folder, under its own name, and returns its output. */
async function runProgram(folder: string, name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text)
  const { stdout } = await run(process.execPath, [name], { cwd: folder })
  return stdout
}

test('it has the build, the declarations, the examples and the documents, and nothing else', (t) => {
  const { files } = t.context
  for (const name of [
    'README.md',
    'LICENSE',
    'CHANGELOG.md',
    'config.schema.json',
    'package.json'
  ]) {
    t.true(files.includes(name), name)
  }
  t.true(files.includes('examples/txtoken.yml'))
  const others = files.filter((name) => !/^(?:dist|examples)\/|^[^/]+$/.test(name))
  t.deepEqual(others, [])
  const built = files.filter((name) => name.startsWith('dist/'))
  const page = built.filter((name) => name.startsWith('dist/swagger-ui/'))
  t.deepEqual(
    built.filter((name) => !page.includes(name) && !/\.(?:js|d\.ts)$/.test(name)).sort(),
    [
      'dist/commonjs/package.json',
      `dist/program-${process.arch}-${process.version}.cache`,
      'dist/program.cjs',
      'dist/workbench/workbench.css',
      'dist/workbench/workbench.html'
    ]
  )
  t.deepEqual(page.map((name) => name.replace('dist/swagger-ui/', '')).sort(), [
    'LICENSE',
    'NOTICE',
    'swagger-ui-bundle.js',
    'swagger-ui-bundle.js.LICENSE.txt',
    'swagger-ui.css'
  ])
})

test('every entry of exports, types and bin is a file of the package', (t) => {
  const { exports, bin, types, main } = project
  const filesOf = (entry: unknown): unknown[] =>
    typeof entry === 'string' ? [entry] : Object.values(entry as object).flatMap(filesOf)
  const conditions = Object.values(exports).flatMap(filesOf)
  const paths = [...conditions, ...Object.values(bin), types, main] as string[]
  t.true(paths.length >= 8)
  for (const path of paths) t.true(t.context.files.includes(path.replace(/^\.\//, '')), path)
  for (const entry of ['.', './client']) {
    for (const condition of Object.values(exports[entry]) as object[]) {
      t.is(Object.keys(condition)[0], 'types', 'TypeScript takes the first condition that fits')
    }
  }
})

test('TypeScript finds its types in each module resolution mode, and its entries match its files', async (t) => {
  const { folder, packed } = t.context
  const tool = (name: string, ...args: string[]) =>
    run(join(ROOT, 'node_modules/.bin', name), [...args, join(folder, packed)])
  const notTypes = ['config.schema.json', 'package.json']
  await t.notThrowsAsync(tool('attw', '--exclude-entrypoints', ...notTypes, '--'))
  await t.notThrowsAsync(tool('publint', 'run', '--strict'))
})

test('CommonJS has all exports too', async (t) => {
  const output = await runProgram(
    t.context.folder,
    'commonjs.cjs',
    `const { createTokenChecker, TokenError } = require('txtoken/client')
const { createApp } = require('txtoken')
console.log(typeof createTokenChecker, typeof TokenError, typeof createApp)
import('txtoken/client').then((same) => console.log(same.TokenError === TokenError))
`
  )
  t.is(output, 'function function function\ntrue\n')
})

test('the command runs', async (t) => {
  const { folder } = t.context
  const config = join(folder, 'node_modules/txtoken/examples/txtoken.yml')
  const { stdout } = await run(join(folder, 'node_modules/.bin/txtoken'), ['check-config'], {
    env: { PATH: process.env.PATH, CFG_FILE: config, ENC_KEY }
  })
  t.regex(stdout, /ok/i)
})

test('the client and the embedded service work together', async (t) => {
  const output = await runProgram(
    t.context.folder,
    'service.js',
    `import { createServer } from 'node:http'
import { createApp } from 'txtoken'
import { createServiceToken, createTokenChecker } from 'txtoken/client'

const secret = ${JSON.stringify(ENC_KEY)}
const app = await createApp({
  config: {
    log: { level: 'fatal' },
    keys: [{ alg: 'HS256', secret }],
    routes: [{ issue: '/token', claims: [{ from: 'fixed', set: { source: 'microservice' } }] }]
  }
})
const server = createServer(app.callback()).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const url = \`http://127.0.0.1:\${server.address().port}/token\`
const token = createServiceToken({ url, allowHttp: true })
const checker = createTokenChecker({ secret, require: { claims: { source: 'microservice' } } })
console.log((await checker.check(await token.get())).source)
await token.close()
server.close()
await app.close()
`
  )
  t.is(output, 'microservice\n')
})

test('the file store, with its native library, needs no install script', async (t) => {
  const output = await runProgram(
    t.context.folder,
    'file-store.js',
    `import { createApp } from 'txtoken'
const app = await createApp({
  config: {
    log: { level: 'fatal' },
    keys: [{ alg: 'HS256', secret: ${JSON.stringify(ENC_KEY)} }],
    revocation: { store: 'file:revoked' },
    routes: [{ revoke: '/revokeToken' }]
  }
})
await app.close()
console.log('closed')
`
  )
  t.is(output, 'closed\n')
})

test('the schema of the configuration can be imported, and other files cannot', async (t) => {
  const output = await runProgram(
    t.context.folder,
    'schema.js',
    `import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
console.log(require('txtoken/config.schema.json').title, require('txtoken/package.json').name)
await import('txtoken/dist/app.js').catch(({ code }) => console.log(code))
`
  )
  t.is(output, 'The configuration of txtoken txtoken\nERR_PACKAGE_PATH_NOT_EXPORTED\n')
})

/** How TypeScript finds the entries of a package: as Node.js does, now and before, and as bundlers do. */
const MODULES = [
  ['--module', 'nodenext'],
  ['--module', 'node16'],
  ['--module', 'esnext', '--moduleResolution', 'bundler']
]

test('a strict TypeScript program compiles against the declarations, with skipLibCheck off', async (t) => {
  const { folder } = t.context
  const program = `import type { IncomingMessage } from 'node:http'
import { ConfigError, type ConfigInput, createApp, type EmbeddedApp } from 'txtoken'
import {
  createServiceToken,
  createTokenChecker,
  expressBearer,
  fastifyBearer,
  koaBearer,
  type TokenChecker,
  TokenError,
  type VerifiedClaims
} from 'txtoken/client'

export const app: EmbeddedApp = await createApp({ configFile: 'txtoken.yml' })
export const checker: TokenChecker = createTokenChecker({
  jwksUrl: 'https://tokens.example.com/.well-known/jwks.json',
  issuer: ['https://tokens.example.com'],
  require: { claims: { source: 'microservice' } }
})
export const adapters = [koaBearer(checker), expressBearer(checker), fastifyBearer(checker)]
export const token = createServiceToken({ url: 'https://tokens.example.com/service', lifetime: 60 })
export async function subjectOf(request: IncomingMessage): Promise<unknown> {
  try {
    const claims: VerifiedClaims = await checker.check(request.headers.authorization)
    return claims.sub
  } catch (error) {
    if (error instanceof TokenError) return error.status satisfies 401 | 403 | 503
    if (error instanceof ConfigError) return error.problems.length
    throw error
  }
}
export const config: ConfigInput = {
  listen: { main: { host: '127.0.0.1' }, admin: {} },
  keys: [{ alg: 'ES256', generate: { dir: 'keys', rotateEvery: '7d' } }],
  routes: [
    { issue: '/token', claims: [{ from: 'fixed', set: { source: 'a' } }], lifetime: '15m' },
    { check: '/check', verify: [{ keys: 'all' }], require: { scopes: ['read'] } }
  ]
}
await createApp({ config })
await createApp({ config: { encKey: { env: 'ENC_KEY' }, remote: 'https://login.example.com' } })
// @ts-expect-error No such setting.
await createApp({ config: { keys: [], routes: [], isuer: 'https://tokens.example.com' } })
// @ts-expect-error No such algorithm.
await createApp({ config: { keys: [{ alg: 'RS257', private: { file: 'a.pem' } }], routes: [] } })
// @ts-expect-error The secret is text.
createTokenChecker({ secret: 1 })
// @ts-expect-error The token has to be fetched from somewhere.
createServiceToken({})
`
  await writeFile(join(folder, 'program.ts'), program)
  const options = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--skipLibCheck',
    'false'
  ]
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  for (const module of MODULES) {
    const target = [...module, '--target', 'es2023', '--types', 'node']
    const { stdout } = await run(tsc, [...options, ...target, 'program.ts'], { cwd: folder }).catch(
      ({ stdout }: { stdout: string }) => ({ stdout })
    )
    t.is(stdout, '', module.join(' '))
  }
})

test('the command is a script, and packing builds it afresh', (t) => {
  t.regex(readFileSync(join(ROOT, project.bin.txtoken), 'utf8'), /^#!\/usr\/bin\/env node\n/)
  t.regex(project.scripts.prepack, /rmSync\('dist'.*npm run --silent build/)
})

test('keys made by an example are not packed', async (t) => {
  const folder = join(t.context.folder, 'with-keys')
  await cp(join(ROOT, 'examples'), join(folder, 'examples'), { recursive: true })
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'))
  for (const keys of ['examples/keys/static', 'examples/microservices/keys']) {
    await mkdir(join(folder, keys), { recursive: true })
    await writeFile(join(folder, keys, 'private.pem'), 'a private key')
  }
  const pack = ['pack', '--ignore-scripts', '--json', '--dry-run']
  const [{ files }] = JSON.parse((await run('npm', pack, { cwd: folder })).stdout)
  const names = (files as { path: string }[]).map(({ path }) => path)
  t.true(names.includes('examples/txtoken.yml'))
  t.deepEqual(
    names.filter((name) => name.includes('keys')),
    []
  )
})
