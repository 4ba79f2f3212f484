/** The pages on verifying in other languages: their programs accept the tokens of this service alone. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { findCode, readPage } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { send } from '../helpers/http.ts'
import { installPythonPackages } from '../helpers/python-packages.ts'
import { JWKS_URL, startTokenIssuer } from '../helpers/token-issuer.ts'
import {
  buildCommonJs,
  buildGo,
  buildJava,
  buildPython,
  startVerifying
} from '../helpers/verifying.ts'

const page = (language: string) => `docs/how-to/verify-in-${language}.md`
const code = (language: string, heading: string, info: string) =>
  findCode(page(language), heading, info)[0] ?? ''

/** Toolchains and their packages are fetched the first time. */
test.before((t) => t.timeout(900_000))

type Issuer = Awaited<ReturnType<typeof startTokenIssuer>>

async function assertVerifies(t: ExecutionContext, url: string, issuer: Issuer): Promise<void> {
  const ask = (token: string) =>
    send(`${url}/hello`, { headers: { authorization: `Bearer ${token}` } })
  const good = await ask(issuer.token)
  t.is(good.status, 200, good.text)
  t.deepEqual(JSON.parse(good.text), { hello: 'Ada' })
  t.is((await send(`${url}/hello`)).status, 401)
  for (const [what, token] of Object.entries(issuer.bad)) {
    t.is((await ask(token)).status, 401, what)
  }
  t.is((await ask(`${issuer.token}x`)).status, 401)
}

test('Python: the service with FastAPI', async (t) => {
  const issuer = await startTokenIssuer(t)
  const files = { 'orders.py': code('python', 'FastAPI', 'python') }
  await assertVerifies(t, await startVerifying(t, issuer.url, files, buildPython), issuer)
})

for (const [heading, list] of [
  ['PyJWT alone', 'how-to'],
  ['python-jose', 'verifiers']
] as const) {
  test(`Python: the function with ${heading} finds its key in a set of several types`, async (t) => {
    const { url, token, bad } = await startTokenIssuer(t)
    const program = code('python', heading, 'python')
    const folder = await writeFiles(t, {
      'check.py': program.replace(JWKS_URL, `${url}/.well-known/jwks.json`)
    })
    const env = { PATH: process.env.PATH ?? '', PYTHONPATH: await installPythonPackages(list) }
    const check = (text: string) =>
      promisify(execFile)('python3', [join(folder, 'check.py'), text], { env })
    const { stdout } = await check(token)
    t.regex(
      stdout,
      /^\{'data': \{'id': 1, 'name': 'Ada'\}, 'iss': 'https:\/\/tokens\.example\.com'/
    )
    for (const [what, text] of Object.entries(bad))
      await t.throwsAsync(check(text), undefined, what)
  })
}

test('Go: the service with golang-jwt and keyfunc', async (t) => {
  const issuer = await startTokenIssuer(t)
  const files = { 'main.go': code('go', 'Verify tokens in Go', 'go') }
  await assertVerifies(t, await startVerifying(t, issuer.url, files, buildGo), issuer)
})

test('Java: the service with Nimbus', async (t) => {
  const issuer = await startTokenIssuer(t)
  const files = { 'Orders.java': code('java', 'Nimbus', 'java') }
  const url = await startVerifying(t, issuer.url, files, buildJava)
  await assertVerifies(t, url, issuer)
})

test('CommonJS: the service with txtoken/client', async (t) => {
  const issuer = await startTokenIssuer(t)
  const [text = ''] = findCode(
    'docs/how-to/nestjs-and-commonjs.md',
    'NestJS, and CommonJS',
    'js commonjs'
  )
  const url = await startVerifying(t, issuer.url, { 'orders.cjs': text }, buildCommonJs)
  await assertVerifies(t, url, issuer)
})

test('the pages name the versions that the tests run', (t) => {
  const helpers = join(import.meta.dirname, '../helpers')
  const read = (name: string) => readFileSync(join(helpers, name), 'utf8')
  for (const [, name = '', version = ''] of read('verifying/go/go.mod').matchAll(
    /^\t(github.com\/(?:golang-jwt|MicahParks\/keyfunc)\S*) (\S+)/gm
  )) {
    t.true(readPage(page('go')).includes(`${name}@${version}`), name)
  }
  const pins = read('python/how-to.txt')
  for (const [, pin = ''] of readPage(page('python')).matchAll(
    /([a-z]+(?:\[crypto\])?==[\d.]+)/g
  )) {
    t.true(pins.toLowerCase().includes(pin.replace('[crypto]', '')), pin)
  }
  const squeezed = (text: string) => text.replaceAll(/\s+/g, '')
  const pom = squeezed(read('verifying/nimbus/pom.xml'))
  t.true(pom.includes(squeezed(code('java', 'Nimbus', 'xml'))))
})
