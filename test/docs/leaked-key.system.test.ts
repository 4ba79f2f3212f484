import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { decodeProtectedHeader } from 'jose'
import { readRecipe, writeKeyFiles } from '../helpers/key-recipes.ts'
import { runService } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'

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

test('a leaked key: its tokens are refused right after the reload, and nobody else’s', async (t) => {
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
      // One that was issued before the reload may be checked after it: it is of the leaked key, so it is refused.
      t.true(status === 200 || (status === 401 && kid === 'es-2026'), `${kid}: ${status}`)
      answers++
    }
  }
  const client = useAllAlong()
  await writeFile(file, after)
  process.kill('SIGHUP')
  await saying('configuration reloaded')
  isReloaded = true
  const refusal = await check(url, leaked)
  await client
  t.deepEqual(refusal, {
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

test('a leaked key is not replaced by deleting its file, and the log says so', async (t) => {
  const { url, process, saying, keyFolder } = await startLeaking(t)
  const leaked = await issue(url)
  await rm(join(keyFolder, 'es-2026.pem'))
  process.kill('SIGHUP')
  await saying('configuration not reloaded, the old one stays')
  t.is((await check(url, leaked)).status, 200)
})
