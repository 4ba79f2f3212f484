import test, { type ExecutionContext } from 'ava'
import {
  createEndpointGroups,
  type EndpointGroupsOptions
} from '../../../src/check/groups/endpoint-groups.ts'
import { makeEndpoint } from '../../helpers/endpoint.ts'
import { replying, startRemote } from '../../helpers/remote.ts'

async function startGroups(
  t: ExecutionContext,
  answer: Parameters<typeof startRemote>[1],
  options: Partial<EndpointGroupsOptions> = {},
  path = '/users/{sub}/groups?of={sub}'
) {
  const remote = await startRemote(t, answer)
  const endpoint = makeEndpoint(t)
  const url = remote.url.replace('/login', path)
  const method = 'GET'
  const { find } = createEndpointGroups({
    url,
    method,
    headers: {},
    endpoint,
    maxDepth: 9,
    ...options
  })
  const lookUp = (sub: string) => find(new Map([['sub', sub]]))
  return { lookUp, requests: remote.requests }
}

for (const body of ['["staff","root"]', '{"groups":["staff","root"],"sub":"ada"}']) {
  test(`the groups are read from ${body}`, async (t) => {
    const { lookUp, requests } = await startGroups(t, replying(body), {
      headers: { 'x-api-key': 'let me in' }
    })
    t.deepEqual(await lookUp('ada'), ['staff', 'root'])
    t.like(requests[0], { method: 'GET', url: '/users/ada/groups?of=ada' })
    t.like(requests[0]?.headers, { 'x-api-key': 'let me in', accept: 'application/json' })
  })
}

for (const body of ['null', '{"groups":null}', '\ufeff{"groups":[]}', '[]']) {
  test(`${body} is an answer without groups`, async (t) => {
    const { lookUp } = await startGroups(t, replying(body))
    t.deepEqual(await lookUp('ada'), [])
  })
}

test('a subject is one segment of the path and one value of the query, whatever characters it has', async (t) => {
  const { lookUp, requests } = await startGroups(t, replying('[]'))
  const subjects = ['a/b', 'a?b&of=c#d', 'CORP\\ada', 'é "', '{sub}', '$&']
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

test('a subject that would lead to another path is rejected, and the endpoint is not called', async (t) => {
  const { lookUp, requests } = await startGroups(t, replying('[]'))
  for (const subject of [
    '.',
    '..',
    '../root',
    'x/../root',
    'root/',
    'x\\..\\root',
    '%2e%2e',
    'x%2f..%2froot',
    'root;x=1',
    'root%00'
  ]) {
    await t.throwsAsync(lookUp(subject), { code: 'invalid_token' })
  }
  t.deepEqual(requests, [])
})

test('as a value of the query alone, a subject may be any text', async (t) => {
  const { lookUp, requests } = await startGroups(t, replying('[]'), {}, '/groups?of={sub}')
  await lookUp('../x&of=root')
  t.is(requests[0]?.url, '/groups?of=..%2Fx%26of%3Droot')
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
  ['{}', 200],
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
  ['{sub}://groups.example/users', 'GET'],
  ['https://groups.example/users/{sub}.json', 'GET'],
  ['https://groups.example/users?filter=uid+eq+"{sub}"', 'GET'],
  ["https://groups.example/Users('{sub}')", 'GET'],
  ['https://groups.example/{name}/{sub}', 'GET']
] as const) {
  test(`a URL such as ${method} ${url} is rejected`, (t) => {
    const endpoint = { ask: () => Promise.reject(new Error('asked')), close() {} }
    t.throws(() => createEndpointGroups({ url, method, headers: {}, endpoint, maxDepth: 9 }), {
      instanceOf: TypeError,
      message: /expected a URL with \{sub\}/
    })
  })
}
