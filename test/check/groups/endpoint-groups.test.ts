import test, { type ExecutionContext } from 'ava'
import {
  createEndpointGroups,
  type EndpointGroupsOptions
} from '../../../src/check/groups/endpoint-groups.ts'
import { createEndpoint } from '../../../src/remote/endpoint.ts'
import { replying, startRemote } from '../../helpers/remote.ts'

async function startGroups(
  t: ExecutionContext,
  answer: Parameters<typeof startRemote>[1],
  options: Partial<EndpointGroupsOptions> = {},
  path = '/users/{sub}/groups?of={sub}'
) {
  const remote = await startRemote(t, answer)
  const endpoint = createEndpoint({
    timeoutMs: 2_000,
    maxReplyBytes: 1_000,
    maxCalls: 9,
    userAgent: 'test',
    onOutcome() {}
  })
  t.teardown(endpoint.close)
  const url = remote.url.replace('/login', path)
  const method = 'GET'
  const lookUp = createEndpointGroups({
    url,
    method,
    headers: {},
    endpoint,
    maxDepth: 9,
    ...options
  })
  return { lookUp, requests: remote.requests }
}

for (const body of ['["staff","root"]', '{"groups":["staff","root"],"sub":"ada"}']) {
  test(`the groups are read out of ${body}`, async (t) => {
    const { lookUp, requests } = await startGroups(t, replying(body), {
      headers: { 'x-api-key': 'let me in' }
    })
    t.deepEqual(await lookUp('ada'), ['staff', 'root'])
    t.like(requests[0], { method: 'GET', url: '/users/ada/groups?of=ada' })
    t.like(requests[0]?.headers, { 'x-api-key': 'let me in', accept: 'application/json' })
  })
}

test('a subject is one segment of the path and one value of the query, whatever characters it has', async (t) => {
  const { lookUp, requests } = await startGroups(t, replying('[]'))
  const subjects = ['a/b', '../root', 'a?b&of=c#d', '%2e%2e', 'é "\n', '{sub}', '$&']
  for (const subject of subjects) await lookUp(subject)
  const read = requests.map(({ url = '' }) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    const [, users, name = '', groups, ...more] = pathname.split('/')
    t.deepEqual([users, groups, more], ['users', 'groups', []])
    return [decodeURIComponent(name), ...searchParams.getAll('of')]
  })
  t.deepEqual(
    read,
    subjects.map((subject) => [subject, subject])
  )
})

test('a subject that would lead to another path is rejected, and the endpoint is not asked', async (t) => {
  const { lookUp, requests } = await startGroups(t, replying('[]'))
  for (const subject of ['.', '..']) {
    await t.throwsAsync(lookUp(subject), { code: 'invalid_token' })
  }
  t.deepEqual(requests, [])
})

test('POST carries the subject in its body', async (t) => {
  const { lookUp, requests } = await startGroups(t, replying('[]'), { method: 'POST' }, '/groups')
  t.deepEqual(await lookUp('"},{'), [])
  t.like(requests[0], { method: 'POST', url: '/groups' })
  t.is(requests[0]?.headers['content-type'], 'application/json')
  t.deepEqual(JSON.parse(String(requests[0]?.body)), { sub: '"},{' })
})

test('a 404 means that the subject is unknown', async (t) => {
  const { lookUp } = await startGroups(t, replying('["root"]', 404))
  t.is(await lookUp('nobody'), undefined)
})

for (const [body, status] of [
  ['["root"]', 500],
  ['["root"]', 403],
  ['', 204],
  ['["root"]', 302],
  ['', 200],
  ['root', 200],
  ['"root"', 200],
  ['null', 200],
  ['{}', 200],
  ['{"groups":null}', 200],
  ['{"groups":"root"}', 200],
  ['["root",7]', 200],
  ['[""]', 200],
  ['[[[[[[[[[["root"]]]]]]]]]]', 200]
] as const) {
  test(`status ${status} with "${body}" makes the check unavailable, and does not count as no groups`, async (t) => {
    const { lookUp } = await startGroups(t, replying(body, status, { location: '/users/x' }))
    await t.throwsAsync(lookUp('ada'), { code: 'check_unavailable' })
  })
}

for (const [url, method] of [
  ['https://groups.example/users', 'GET'],
  ['https://{sub}.example/users', 'POST'],
  ['https://groups.example:{sub}/users', 'GET'],
  ['{sub}://groups.example/users', 'GET']
] as const) {
  test(`a URL such as ${method} ${url} is rejected`, (t) => {
    const endpoint = { ask: () => Promise.reject(new Error('asked')), close() {} }
    t.throws(() => createEndpointGroups({ url, method, headers: {}, endpoint, maxDepth: 9 }), {
      instanceOf: TypeError,
      message: /expected a URL with \{sub\}/
    })
  })
}
