/** Programs on the pages that embed the service or its client. */
import { execFile } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { flatConfig } from '../helpers/config-texts.ts'
import { findCode } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { answering, post, send } from '../helpers/http.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { runProgram } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Runs the example under a heading from the root of the project, where `txtoken` is this package. */
async function startExample(t: ExecutionContext, heading: string, configFile = '') {
  const [port] = await freePorts(1)
  const [example = ''] = findCode('docs/embedding.md', heading, 'js')
  const text = example
    .replace('8888', String(port))
    .replace("'txtoken.yml'", JSON.stringify(configFile))
  const nodeArguments = ['--input-type=module', '--eval', text]
  const program = runProgram(t, { main: '--', nodeArguments, cwd: ROOT, env: { ENC_KEY } })
  const url = `http://127.0.0.1:${port}`
  await answering(url)
  return { ...program, url }
}

test('embedded in node:http: the example issues tokens, and exits after SIGTERM', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const folder = await writeFiles(t, { 'txtoken.yml': flatConfig(remote.url) })
  const example = await startExample(t, 'In a node:http server', join(folder, 'txtoken.yml'))
  t.is((await post(`${example.url}/getToken`, '{}')).status, 200)
  example.process.kill('SIGTERM')
  t.is((await example.exit()).code, 0)
})

test('embedded in Koa: the example issues and checks tokens, and answers the rest itself', async (t) => {
  const { url } = await startExample(t, 'In a Koa application')
  const { text } = await post(`${url}/auth/token`, '{}')
  const checked = await post(`${url}/auth/check`, text)
  t.is(JSON.parse(checked.text).Claims.source, 'microservice')
  t.is((await send(`${url}/`)).text, 'all the rest')
})

const run = promisify(execFile)
const PAGE = 'docs/client.md'
const API_KEY = 'an-api-key-of-20-characters-or-more'

/** The service with the configuration of the page, and a token of it. */
async function startIssuer(t: ExecutionContext) {
  const [config = ''] = findCode(PAGE, 'Hold a token of your own', 'yaml')
  const folder = await createTemporaryFolder(t)
  await writeFile(join(folder, 'es-2026.pem'), toPem(generateKeys('ES256').signing))
  const { url } = await startService(t, { config, folder, env: { M1_API_KEY: API_KEY } })
  const headers = { 'api-key': API_KEY }
  const { text } = await send(`${url}/service-token`, { method: 'POST', headers, body: '{}' })
  return { url, token: (JSON.parse(text) as { token: string }).token }
}

/** Runs an example from the root of the project, where `txtoken` is this package. */
function runExample(t: ExecutionContext, text: string) {
  const nodeArguments = ['--input-type=module', '--eval', text]
  return runProgram(t, { main: '--', nodeArguments, cwd: ROOT, env: { API_KEY } })
}

for (const heading of ['Koa', 'Express', 'Fastify', 'Anything else']) {
  test(`the client in ${heading}: the example accepts a valid token, and nothing else`, async (t) => {
    const issuer = await startIssuer(t)
    const [port] = await freePorts(1)
    const [example = ''] = findCode(PAGE, heading, 'js')
    runExample(t, example.replace('http://txtoken:8888', issuer.url).replace('8080', String(port)))
    const url = `http://127.0.0.1:${port}/`
    await answering(url)
    const good = await send(url, { headers: { authorization: `Bearer ${issuer.token}` } })
    t.is(good.status, 200, good.text)
    t.deepEqual(JSON.parse(good.text), { hello: 'm1' })
    t.is((await send(url)).status, 401)
    const forged = issuer.token.replace(/\.[^.]+$/, `.${'A'.repeat(86)}`)
    t.is((await send(url, { headers: { authorization: `Bearer ${forged}` } })).status, 401)
  })
}

for (const [index, printed] of ['200 {}\n', '200 {}\n'].entries()) {
  test(`a service token: example ${index + 1} calls another service with it`, async (t) => {
    const issuer = await startIssuer(t)
    const m2 = await startRemote(t, replying('{}'))
    const example = findCode(PAGE, 'Hold a token of your own', 'js')[index] ?? ''
    const program = runExample(
      t,
      example
        .replace('http://txtoken:8888', issuer.url)
        .replaceAll('http://m2:8080', m2.url.replace('/login', ''))
    )
    const { code, stdout, stderr } = await program.exit()
    t.deepEqual({ code, stdout, stderr }, { code: 0, stdout: printed, stderr: '' })
    t.true(m2.requests.length > 0)
    for (const { headers } of m2.requests) t.regex(headers.authorization ?? '', /^Bearer ey/)
  })
}

test('the client in TypeScript: with the declarations of the page, requests have claims', async (t) => {
  const folder = await createTemporaryFolder(t)
  await mkdir(join(folder, 'node_modules'))
  await symlink(ROOT, join(folder, 'node_modules/txtoken'))
  for (const name of ['express', 'fastify', 'koa', '@types']) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  }
  const [declarations = ''] = findCode(PAGE, 'TypeScript', 'ts')
  const examples = ['Koa', 'Express', 'Fastify'].map((name) => findCode(PAGE, name, 'js')[0] ?? '')
  const files = {
    'package.json': '{ "type": "module" }',
    'claims.ts': declarations,
    ...Object.fromEntries(
      examples.map((text, index) => [
        `example-${index}.ts`,
        text.replace('request.claims.sub', 'request.claims?.sub')
      ])
    )
  }
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023']
  const names = Object.keys(files).filter((name) => name.endsWith('.ts'))
  const tsc = join(ROOT, 'node_modules/.bin/tsc')
  const { stdout } = await run(tsc, [...options, '--skipLibCheck', '--types', 'node', ...names], {
    cwd: folder
  }).catch(({ stdout }: { stdout: string }) => ({ stdout }))
  t.is(stdout, '')
})
