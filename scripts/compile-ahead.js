/**
 * Writes the V8 code cache of the program beside it, which speeds up the start: node compile-ahead.js PROGRAM PACKAGE, with the folder of the
 * package. Only the version of Node.js that runs this can use it, on this kind of processor.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { Script } from 'node:vm'

const ROUNDS = 5
const [program, folder] = process.argv.slice(2)
const cache = program.replace(/\.cjs$/, `-${process.arch}-${process.version}.cache`)

// V8 compares only the length of the script: the code cache of an earlier one, also for another processor, could run in its place.
const earlier = `${basename(program, '.cjs')}-`
for (const name of readdirSync(dirname(program))) {
  if (name.startsWith(earlier) && name.endsWith('.cache')) rmSync(join(dirname(program), name))
}

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server.address().port
}

async function findFreePort() {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function post(url, body) {
  const response = await fetch(url, { method: 'POST', body })
  if (response.status !== 200) throw new Error(`expected 200 of ${url}, found ${response.status}`)
  return response.text()
}

/** What a service does first. Functions that ran are in the cache; all others would only make each start larger. */
async function rehearse(url) {
  await fetch(`${url}/readyz`)
  for (let round = 0; round < ROUNDS; round++) {
    await post(`${url}/checkToken`, await post(`${url}/getToken`, '{"email":"ada@example.com"}'))
  }
  await fetch(`${url}/metrics`)
}

const remote = createServer((request, response) => {
  request.resume().on('end', () => response.end('{"id":1}'))
})
const port = await findFreePort()
const scratch = mkdtempSync(join(tmpdir(), 'txtoken-'))
const config = {
  listen: { main: { port, host: '127.0.0.1' } },
  timeouts: { drain: '0s' },
  keys: [{ alg: 'HS256', secret: 'only for the time of this build, and for nobody' }],
  routes: [
    {
      issue: '/getToken',
      claims: [{ from: 'remote', url: `http://127.0.0.1:${await listen(remote)}/`, at: 'data' }]
    },
    { check: '/checkToken', verify: [{ keys: 'all' }] }
  ]
}
process.env.CFG_FILE = join(scratch, 'txtoken.yml')
writeFileSync(process.env.CFG_FILE, JSON.stringify(config))
process.argv.splice(2, 2, 'serve')

const script = new Script(readFileSync(program, 'latin1'), { filename: program })
process.on('exit', (code) => {
  if (code === 0) writeFileSync(cache, script.createCachedData())
  rmSync(scratch, { recursive: true })
})
script.runInThisContext()(createRequire(import.meta.url), (name) =>
  readFileSync(join(folder, name), 'utf8')
)
const url = `http://127.0.0.1:${port}`
const isReady = () =>
  fetch(`${url}/livez`).then(
    () => true,
    () => false
  )
while (!(await isReady())) await new Promise((resolve) => setTimeout(resolve, 10))
await rehearse(url)
process.kill(process.pid, 'SIGTERM')
