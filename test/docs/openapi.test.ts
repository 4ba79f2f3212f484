import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import { parse } from 'yaml'
import { post, send } from '../helpers/http.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { flatConfig, fullConfig, startService } from '../helpers/service.ts'

interface Description {
  readonly paths: Record<string, Record<string, { responses: Record<string, unknown> }>>
}

const description = parse(readFileSync('docs/openapi.yml', 'utf8')) as Description
const ajv = new Ajv2020({ strict: false }).addSchema(description, 'openapi.yml')

/** The schema that the description has for an answer; a reference is followed first. */
function assertDescribed(path: string, method: string, status: number, body: unknown): void {
  const place = ['paths', path, method, 'responses', String(status)]
  let pointer = place.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')
  const answer = description.paths[path]?.[method]?.responses[status] as
    | { $ref?: string }
    | undefined
  if (answer === undefined) throw new Error(`${method} ${path} has no ${status}`)
  if (answer.$ref !== undefined) pointer = answer.$ref.slice('#/'.length)
  const schema = `openapi.yml#/${pointer}/content/application~1json/schema`
  if (!ajv.validate({ $ref: schema }, body)) throw new Error(ajv.errorsText())
}

test('answers are as the OpenAPI description says', async (t) => {
  const remote = await startRemote(t, (response, { body }) =>
    replying(
      body.includes('right') ? '{"id":1}' : '{}',
      body.includes('right') ? 200 : 401
    )(response)
  )
  const { url } = await startService(t, { config: flatConfig(remote.url) })
  const issued = await post(`${url}/getToken`, '{"password":"right"}')
  const { token } = JSON.parse(issued.text)
  const answers = [
    ['/getToken', 'post', 200, issued],
    ['/getToken', 'post', 400, await post(`${url}/getToken`, 'no JSON')],
    ['/getToken', 'post', 500, await post(`${url}/getToken`, '{"password":"wrong"}')],
    ['/getToken', 'post', 405, await send(`${url}/getToken`)],
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
    ['/readyz', 'get', 200, await send(`${url}/readyz`)]
  ] as const
  for (const [path, method, status, answer] of answers) {
    t.is(answer.status, status, `${method} ${path}`)
    t.notThrows(
      () => assertDescribed(path, method, status, JSON.parse(answer.text)),
      `${method} ${path} ${status}`
    )
  }
})

test('answers about refreshing and revoking are as the OpenAPI description says', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const config = fullConfig(remote.url, {
    issue: { refresh: { route: '/refreshToken', recheck: remote.url } },
    more: { revocation: {} }
  })
  const { routes, ...rest } = JSON.parse(config)
  const { url } = await startService(t, {
    config: JSON.stringify({ ...rest, routes: [...routes, { revoke: '/revokeToken' }] })
  })
  const issued = await post(`${url}/getToken`, '{}')
  const refresh = `refresh_token=${JSON.parse(issued.text).refresh_token}`
  const answers = [
    ['/getToken', 200, issued],
    ['/refreshToken', 200, await post(`${url}/refreshToken`, refresh)],
    ['/refreshToken', 400, await post(`${url}/refreshToken`, refresh)],
    ['/revokeToken', 400, await post(`${url}/revokeToken`, 'sub=alice')]
  ] as const
  for (const [path, status, answer] of answers) {
    t.is(answer.status, status, path)
    t.notThrows(
      () => assertDescribed(path, 'post', status, JSON.parse(answer.text)),
      `${path} ${status}`
    )
  }
})
