import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { findCode } from '../helpers/documentation.ts'
import { completeConfig, KEYS_PAGE, writeKeyFiles } from '../helpers/key-recipes.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const run = promisify(execFile)

/** The service with the first configuration of the page, a token, and the service bearer that the login API got. */
async function startIssuer(t: ExecutionContext) {
  const loginApi = await startRemote(t, replying('{"id":1,"name":"Ada"}'))
  const [text = ''] = findCode(KEYS_PAGE, 'Make a key and issue with it', 'yaml')
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
  const [example = ''] = findCode(KEYS_PAGE, 'Node.js', 'js')
  const program = example.replace('http://txtoken:8888', issuer)
  return run(process.execPath, ['--input-type=module', '--eval', program, '--', 'check', token])
}

test('the Node.js example verifies a token by the JWK Set', async (t) => {
  const { url, token } = await startIssuer(t)
  const { stdout } = await checkWithNode(url, token)
  t.regex(
    stdout,
    /^\{\n {2}data: \{ id: 1, name: 'Ada' \},\n {2}iss: 'https:\/\/tokens\.example\.com'/
  )
})

test('the Node.js example refuses a token with another signature, and the service bearer', async (t) => {
  const { url, token, bearer } = await startIssuer(t)
  const [header, payload] = token.split('.')
  const forged = `${header}.${payload}.${Buffer.alloc(64, 1).toString('base64url')}`
  const forgery = await t.throwsAsync(checkWithNode(url, forged))
  t.regex(forgery?.message ?? '', /JWSSignatureVerificationFailed/)
  t.is(bearer.split('.').length, 3)
  const standIn = await t.throwsAsync(checkWithNode(url, bearer))
  t.regex(standIn?.message ?? '', /missing required "iss" claim/)
})
