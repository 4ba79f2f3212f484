/** Walks through the service on the pages, with their commands run as written. @needs curl */
import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { decodeProtectedHeader } from 'jose'
import { findCode, readCodeBlocks } from '../helpers/documentation.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { completeConfig, findRecipe, readRecipe, writeKeyFiles } from '../helpers/key-recipes.ts'
import { runService, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const CLAIMS_PAGE = 'docs/claims.md'
const PORT = '8888'

test('the commands on the page about claims print what is shown there', async (t) => {
  const [port] = await freePorts(1)
  const here = (text: string) => text.replaceAll(PORT, String(port))
  const blocks = readCodeBlocks(CLAIMS_PAGE)
  const config = blocks.find(({ info }) => info === 'yaml')?.text ?? ''
  await runService(t, `listen: { main: { port: ${port} } }\n${here(config)}`, { ENC_KEY })

  const commands = blocks.flatMap(({ info, text }, index) =>
    info === 'sh' ? [{ command: text, expected: blocks[index + 1] }] : []
  )
  t.true(commands.length > 5)
  for (const { command, expected } of commands) {
    const { stdout } = await promisify(execFile)('bash', ['-c', here(command)])
    t.is(expected?.info, 'json', command)
    t.is(stdout.replaceAll('}{', '}\n{'), expected?.text ?? '', command)
  }
})

const CHECKING_PAGE = 'docs/checking.md'

test('the commands on the page about checks find a token in each place', async (t) => {
  const heading = 'Where the token is'
  const [config = ''] = findCode(CHECKING_PAGE, heading, 'yaml')
  const { url } = await runService(t, `listen: { main: { port: 0 } }\n${config}`, { ENC_KEY })
  const [command = ''] = findCode(CHECKING_PAGE, heading, 'sh')
  const [printed = ''] = findCode(CHECKING_PAGE, heading, 'text')
  const token = makeToken(JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 60 }))
  const script = command.replaceAll('http://localhost:8888', url).replaceAll('$TOKEN', token)
  const { stdout } = await promisify(execFile)('bash', ['-c', script])
  t.is(stdout.trimEnd(), printed.trimEnd())
})

test('the command on the page about opaque tokens shows the answer of the authorization server', async (t) => {
  const heading = 'Opaque tokens'
  const remote = await startRemote(
    t,
    replying('{"active":true,"sub":"ada","scope":"orders.read","exp":4102444800}')
  )
  const [config = ''] = findCode(CHECKING_PAGE, heading, 'yaml')
  const { url } = await runService(
    t,
    `listen: { main: { port: 0 } }\n${config.replace(/url: .*/, `url: ${remote.url}\n          allowHttp: true`)}`,
    { ENC_KEY, CLIENT_SECRET: 'a-client-secret' }
  )
  const [command = ''] = findCode(CHECKING_PAGE, heading, 'sh')
  const [printed = ''] = findCode(CHECKING_PAGE, heading, 'json')
  const script = command.replaceAll('http://localhost:8888', url)
  const { stdout } = await promisify(execFile)('bash', ['-c', script])
  t.is(stdout.trimEnd(), printed.trimEnd())
})

const REVOCATION_PAGE = 'docs/revocation.md'

test('the commands on the page about revocation print what is shown there', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const [config = ''] = findCode(REVOCATION_PAGE, 'Revocation and refresh tokens', 'yaml')
  const service = await runService(
    t,
    config
      .replace('main: { port: 8888 }', 'main: { port: 0 }')
      .replace('admin: { port: 9090 }', 'admin: { port: 0 }')
      .replaceAll('http://login-api:8080', new URL(remote.url).origin),
    { ENC_KEY: 'a secret of thirty-two characters or more' }
  )
  const admin = await urlOf(service, 'admin')
  const blocks = readCodeBlocks(REVOCATION_PAGE)
  const commands = blocks.filter(({ info }) => info === 'sh')
  t.is(commands.length, 4)
  // The answers depend on what was revoked before: the subject is revoked in the middle of the page, so it comes last.
  const inOrder = [...commands].sort((a, b) => isAboutSubjects(a.text) - isAboutSubjects(b.text))
  for (const command of inOrder) {
    const script = command.text
      .replaceAll('http://localhost:8888', service.url)
      .replaceAll('http://localhost:9090', admin)
    const { stdout } = await promisify(execFile)('bash', ['-c', script])
    const printed = blocks[blocks.indexOf(command) + 1]
    t.is(printed?.info, 'text')
    t.is(stdout.trimEnd(), printed?.text ?? '')
  }
})

function isAboutSubjects(command: string): number {
  return command.includes('sub=') ? 1 : 0
}

const run = promisify(execFile)

/** The service with the first configuration of the page, a token, and the service bearer that the login API got. */
async function startIssuer(t: ExecutionContext) {
  const loginApi = await startRemote(t, replying('{"id":1,"name":"Ada"}'))
  const [text = ''] = findRecipe('Make a key and issue with it', 'yaml')
  const config = JSON.stringify(completeConfig(text))
    .replace('http://login-api:8080/login', loginApi.url)
    .replace('"at":"data"', '"at":"data","bearer":{"authorization":"internal"}')
  const { url } = await startService(t, { config, folder: await writeKeyFiles(t) })
  const response = await fetch(`${url}/getToken`, { method: 'POST', body: '{}' })
  const { token } = (await response.json()) as { token: string }
  const bearer = loginApi.requests[0]?.headers.authorization?.slice('Bearer '.length) ?? ''
  return { url, token, bearer }
}

/** Runs the Node.js example of the page with a token as its argument. */
function checkWithNode(issuer: string, token: string) {
  const [example = ''] = findRecipe('Node.js', 'js')
  const program = example.replace('http://txtoken:8888', issuer)
  return run(process.execPath, ['--input-type=module', '--eval', program, '--', 'check', token])
}

test('the Node.js example on the page about verifiers accepts a token by the JWK Set', async (t) => {
  const { url, token } = await startIssuer(t)
  const { stdout } = await checkWithNode(url, token)
  t.regex(
    stdout,
    /^\{\n {2}data: \{ id: 1, name: 'Ada' \},\n {2}iss: 'https:\/\/tokens\.example\.com'/
  )
})

test('the Node.js example on the page about verifiers rejects a forged token and the service bearer', async (t) => {
  const { url, token, bearer } = await startIssuer(t)
  const [header, payload] = token.split('.')
  const forged = `${header}.${payload}.${Buffer.alloc(64, 1).toString('base64url')}`
  const forgery = await t.throwsAsync(checkWithNode(url, forged))
  t.regex(forgery?.message ?? '', /JWSSignatureVerificationFailed/)
  t.is(bearer.split('.').length, 3)
  const misuse = await t.throwsAsync(checkWithNode(url, bearer))
  t.regex(misuse?.message ?? '', /missing required "iss" claim/)
})

const LOGIN_API = 'http://login-api:8080/login'

/** The program with the first configuration of the recipe, and the text of the second. */
async function startLeaking(t: ExecutionContext) {
  const loginApi = await startRemote(t, replying('{"id":1}'))
  const keyFolder = await writeKeyFiles(t)
  const [before = '', after = ''] = readRecipe('Replace a leaked key at once').map((config) =>
    JSON.stringify({ ...config, listen: { main: { port: 0, host: '127.0.0.1' } } })
      .replace(LOGIN_API, loginApi.url)
      .replaceAll(/"(es-[^"]+\.pem)"/g, (_, name) => JSON.stringify(join(keyFolder, name)))
  )
  const service = await runService(t, before)
  return { ...service, keyFolder, after }
}

async function issue(url: string): Promise<string> {
  const response = await fetch(`${url}/getToken`, { method: 'POST', body: '{}' })
  return ((await response.json()) as { token: string }).token
}

async function check(url: string, token: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${url}/checkToken`, {
    headers: { authorization: `Bearer ${token}` }
  })
  return { status: response.status, text: await response.text() }
}

test('a leaked key: right after the reload its tokens are rejected, and no others', async (t) => {
  const { url, file, process, saying, after } = await startLeaking(t)
  const leaked = await issue(url)
  t.is((await check(url, leaked)).status, 200)

  let isReloaded = false
  let answers = 0
  async function useAllAlong(): Promise<void> {
    while (!isReloaded || answers < 10) {
      const token = await issue(url)
      const { status } = await check(url, token)
      const kid = decodeProtectedHeader(token).kid
      // A token issued before the reload may be checked after it: it is signed with the leaked key, so it is rejected.
      t.true(status === 200 || (status === 401 && kid === 'es-2026'), `${kid}: ${status}`)
      answers++
    }
  }
  const client = useAllAlong()
  await writeFile(file, after)
  process.kill('SIGHUP')
  await saying('configuration reloaded')
  isReloaded = true
  const rejection = await check(url, leaked)
  await client
  t.deepEqual(rejection, {
    status: 401,
    text: '{"error":"Token is signed with a key or an algorithm that is not accepted"}'
  })

  const token = await issue(url)
  t.is(decodeProtectedHeader(token).kid, 'es-2026b')
  t.is((await check(url, token)).status, 200)
  const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string }[]
  }
  t.deepEqual(
    keys.map(({ kid }) => kid),
    ['es-2026b']
  )
})

test('a leaked key is not replaced by deleting its file, and the log reports it', async (t) => {
  const { url, process, saying, keyFolder } = await startLeaking(t)
  const leaked = await issue(url)
  await rm(join(keyFolder, 'es-2026.pem'))
  process.kill('SIGHUP')
  await saying('configuration not reloaded, the old one stays')
  t.is((await check(url, leaked)).status, 200)
})

for (const [page, configHeading, headings] of [
  ['docs/oauth.md', 'Logging out', ['Logging out']],
  ['docs/browsers.md', 'In front of browsers', ['CORS', 'Login CSRF']]
] as const) {
  test(`the commands of ${page} about browsers print what is shown there`, async (t) => {
    const remote = await startRemote(t, replying('{"id":1}'))
    const [config = ''] = findCode(page, configHeading, 'yaml')
    const { url } = await startService(t, {
      config: config.replace('http://127.0.0.1:8889/login', remote.url)
    })
    for (const heading of headings) {
      const [commands = ''] = findCode(page, heading, 'sh')
      const [shown = ''] = ['text', 'json'].flatMap((info) => findCode(page, heading, info))
      const { stdout } = await run('bash', [
        '-c',
        commands.replaceAll('http://localhost:8888', url)
      ])
      const linesOf = (text: string) =>
        text.replaceAll(/X-Request-Id: .*/g, 'X-Request-Id').split(/\r?\n/)
      const expected = linesOf(shown).filter((line) => line !== '...')
      // The page leaves out fields of HTTP itself.
      t.deepEqual(
        linesOf(stdout).filter((line) => expected.includes(line)),
        expected,
        heading
      )
    }
    // The demo login API answers the service alone.
    t.true(remote.requests.length > 0)
    t.true(remote.requests.every(({ headers }) => headers.authorization !== undefined))
  })
}
