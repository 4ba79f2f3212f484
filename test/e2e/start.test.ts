/** How the built program starts: from one script, compiled ahead, and without libraries that its configuration does not need. */
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Script } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import { flatConfig } from '../helpers/config-texts.ts'
import { writeConfig } from '../helpers/folder.ts'
import { post, send } from '../helpers/http.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')
const PROGRAM = join(ROOT, 'dist/program.cjs')
const CACHE = `program-${process.arch}-${process.version}.cache`

/** Modules are functions by the name of their file, which run once they are needed. */
const MODULE = /^"(?<file>(?:src|node_modules)\/[^"]+)"\(/

interface Coverage {
  readonly result: readonly {
    readonly url: string
    readonly functions: readonly {
      readonly ranges: readonly { startOffset: number; count: number }[]
    }[]
  }[]
}

/** Runs the service with one login and one check, and returns the modules of the bundle that ran. */
async function findModulesThatRan(t: ExecutionContext): Promise<string[]> {
  const folder = await createTemporaryFolder(t)
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = runProgram(t, {
    env: {
      CFG_FILE: await writeConfig(t, flatConfig(remote.url, { port: 0 })),
      ENC_KEY,
      NODE_V8_COVERAGE: folder
    }
  })
  const url = await urlOf(service)
  const issued = await post(`${url}/getToken`, '{"email":"a"}')
  t.is((await post(`${url}/checkToken`, issued.text)).status, 200)
  t.is((await send(`${url}/metrics`)).status, 200)
  service.process.kill('SIGTERM')
  t.is((await service.exit()).code, 0)

  const text = await readFile(PROGRAM, 'latin1')
  const [file] = await readdir(folder)
  const { result } = JSON.parse(await readFile(join(folder, file ?? ''), 'utf8')) as Coverage
  const { functions } = result.find(({ url }) => url.endsWith('program.cjs')) ?? { functions: [] }
  const files = functions.map(({ ranges: [whole] }) => {
    if (whole === undefined || whole.count === 0) return undefined
    const start = text.slice(whole.startOffset, whole.startOffset + 200)
    return MODULE.exec(start)?.groups?.file
  })
  return files.filter((file) => file !== undefined)
}

/** Modules that a service runs only for certain settings or requests. */
const ON_DEMAND = [
  'node_modules/koa/',
  'node_modules/koa-bodyparser/',
  'node_modules/@koa/router/',
  'node_modules/got/',
  'node_modules/ioredis/',
  'node_modules/ldapts/',
  'node_modules/jose/',
  'node_modules/@peculiar/asn1-x509/',
  'src/operations/open-telemetry.ts',
  'src/protocols/openapi/document.ts'
]

test('a service loads only libraries that its configuration needs', async (t) => {
  const text = await readFile(PROGRAM, 'latin1')
  const ran = await findModulesThatRan(t)
  t.true(ran.includes('node_modules/undici/lib/dispatcher/pool.js'))
  for (const path of ON_DEMAND) {
    t.true(text.includes(`{"${path}`), `${path} is in the bundle`)
    t.false(
      ran.some((file) => file.startsWith(path)),
      path
    )
  }
})

test('the bundle has neither fetch nor WebSocket of undici, and no OpenTelemetry of prom-client', async (t) => {
  const text = await readFile(PROGRAM, 'latin1')
  t.true(text.includes('{"node_modules/undici/lib/dispatcher/client-h1.js"'))
  for (const part of ['web/fetch/index.js', 'web/websocket/', 'mock/', 'cache/', 'api/']) {
    t.false(text.includes(`{"node_modules/undici/lib/${part}`), part)
  }
  t.is(text.match(/require\("@opentelemetry\/api"\)/g)?.length, 1)
})

test('the code cache matches the Node.js that built it', async (t) => {
  const cachedData = await readFile(join(ROOT, 'dist', CACHE))
  const script = new Script(await readFile(PROGRAM, 'latin1'), {
    cachedData
  })
  t.false(script.cachedDataRejected)
})

test('without a code cache, or with one of another Node.js, it runs all the same', async (t) => {
  const folder = await createTemporaryFolder(t)
  for (const name of ['package.json', 'dist/main.js', 'dist/program.cjs']) {
    await cp(join(ROOT, name), join(folder, name))
  }
  const main = join(folder, 'dist/main.js')
  const none = await runProgram(t, { main, args: ['--version'] }).exit()
  await writeFile(join(folder, 'dist', CACHE), 'compiled by another')
  const wrong = await runProgram(t, { main, args: ['--version'] }).exit()
  t.deepEqual(wrong, none)
  t.like(wrong, { code: 0, stderr: '' })
})

test('the code cache of an earlier program is removed, also for another processor', async (t) => {
  const folder = await createTemporaryFolder(t)
  for (const name of ['package.json', 'dist/program.cjs']) {
    await cp(join(ROOT, name), join(folder, name))
  }
  const dist = join(folder, 'dist')
  await writeFile(join(dist, 'program-pdp11.cache'), 'compiled of an earlier one')
  const script = join(ROOT, 'scripts/compile-ahead.js')
  const args = [join(dist, 'program.cjs'), folder]
  t.is((await runProgram(t, { main: script, args }).exit()).code, 0)
  t.deepEqual((await readdir(dist)).sort(), [CACHE, 'program.cjs'])
})
