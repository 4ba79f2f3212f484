/** docs/openapi.yml, held against a service with the flat form that it is written for; and docs/openapi.md. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from 'yaml'
import { flatConfig } from '../helpers/config-texts.ts'
import { findCode } from '../helpers/documentation.ts'
import { post, send } from '../helpers/http.ts'
import { assertDocument, createAssertDescribed, type OpenApiDocument } from '../helpers/openapi.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { startService } from '../helpers/service.ts'

const document = parse(readFileSync('docs/openapi.yml', 'utf8')) as OpenApiDocument

test('docs/openapi.yml is OpenAPI 3.1', async (t) => {
  await assertDocument(t, document)
})

test('answers match docs/openapi.yml', async (t) => {
  const remote = await startRemote(t, (response, { body }) =>
    replying(
      body.includes('right') ? '{"id":1}' : '{}',
      body.includes('right') ? 200 : 401
    )(response)
  )
  const { url } = await startService(t, { config: flatConfig(remote.url) })
  const assertDescribed = createAssertDescribed(t, document)
  const issued = await post(`${url}/getToken`, '{"password":"right"}')
  const { token } = JSON.parse(issued.text)
  const answers = [
    ['/getToken', 'post', 200, issued],
    ['/getToken', 'post', 400, await post(`${url}/getToken`, 'no JSON')],
    ['/getToken', 'post', 500, await post(`${url}/getToken`, '{"password":"wrong"}')],
    ['/checkToken', 'post', 200, await post(`${url}/checkToken`, issued.text)],
    ['/checkToken', 'get', 200, await send(`${url}/checkToken?access_token=${token}`)],
    ['/checkToken', 'get', 401, await send(`${url}/checkToken`)],
    [
      '/checkToken',
      'post',
      400,
      await post(`${url}/checkToken?access_token=${token}`, issued.text)
    ],
    ['/livez', 'get', 200, await send(`${url}/livez`)],
    ['/readyz', 'get', 200, await send(`${url}/readyz`)],
    ['/metrics', 'get', 200, await send(`${url}/metrics`)]
  ] as const
  for (const [path, method, status, answer] of answers) {
    t.is(answer.status, status, `${method} ${path}`)
    assertDescribed(path, method, answer)
  }
})

test('the configuration of docs/openapi.md gives the paths on the page', async (t) => {
  const heading = 'What the service answers'
  const [config = ''] = findCode('docs/openapi.md', heading, 'yaml')
  const [session = ''] = findCode('docs/openapi.md', heading, 'console')
  const { url, adminUrl } = await startService(t, { config })
  const printed = [...session.matchAll(/^\[.+\]$/gm)].map(([line]) => JSON.parse(line))
  const paths = async (listener: string) =>
    Object.keys(JSON.parse((await send(`${listener}/openapi.json`)).text).paths).sort()
  t.deepEqual(printed, [await paths(url), await paths(adminUrl)])
})
