import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { flatConfig } from '../helpers/config-texts.ts'
import { findCode } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { answering, post, send } from '../helpers/http.ts'
import { runProgram } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
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

test('node:http: the example issues tokens, and ends by itself after SIGTERM', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const folder = await writeFiles(t, { 'txtoken.yml': flatConfig(remote.url) })
  const example = await startExample(t, 'In a node:http server', join(folder, 'txtoken.yml'))
  t.is((await post(`${example.url}/getToken`, '{}')).status, 200)
  example.process.kill('SIGTERM')
  t.is((await example.exit()).code, 0)
})

test('Koa: the example issues and checks tokens, and answers the rest itself', async (t) => {
  const { url } = await startExample(t, 'In a Koa application')
  const { text } = await post(`${url}/auth/token`, '{}')
  const checked = await post(`${url}/auth/check`, text)
  t.is(JSON.parse(checked.text).Claims.source, 'microservice')
  t.is((await send(`${url}/`)).text, 'all the rest')
})
