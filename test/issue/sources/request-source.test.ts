import test from 'ava'
import { sourceProblems, startClaims } from '../../helpers/claims.ts'
import { exchange, send } from '../../helpers/http.ts'
import { replying, startRemote } from '../../helpers/remote.ts'

const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const EVERYWHERE = {
  from: 'request',
  claim: 'mac',
  header: 'X-Mac',
  parameter: 'mac',
  variable: 'mac',
  body: 'device.mac'
}

function post(url: string, body: string, headers: Record<string, string> = {}) {
  return send(url, { method: 'POST', body, headers })
}

test('headers win over parameters, parameters over path variables, and these over the body', async (t) => {
  const { url } = await startClaims(t, [EVERYWHERE], { path: '/claims/{mac}' })
  const { variable: _, ...withoutVariable } = EVERYWHERE
  const bare = await startClaims(t, [withoutVariable])
  const body = '{"device":{"mac":"of the body"}}'
  const answers = [
    await post(`${url}/claims/variable?mac=parameter`, body, { 'x-mac': 'header' }),
    await post(`${url}/claims/variable?mac=parameter`, body),
    await post(`${url}/claims/variable`, body),
    await post(`${bare.url}/claims`, body)
  ]
  t.deepEqual(
    answers.map(({ text }) => text),
    ['{"mac":"header"}', '{"mac":"parameter"}', '{"mac":"variable"}', '{"mac":"of the body"}']
  )
})

test('an empty value counts as missing, and the next place is used', async (t) => {
  const { url } = await startClaims(t, [{ ...EVERYWHERE, variable: undefined }])
  const answer = await post(`${url}/claims?mac=`, '{"device":{"mac":"b"}}', { 'x-mac': '' })
  t.is(answer.text, '{"mac":"b"}')
  t.is((await post(`${url}/claims`, '{"device":{"mac":""}}')).text, '{}')
})

test('a body with a duplicate claim is rejected', async (t) => {
  const { url } = await startClaims(t, [{ ...EVERYWHERE, variable: undefined }])
  for (const body of [
    '{"device":{"mac":"a","mac":"b"}}',
    '{"device":{"mac":"a","m\\u0061c":"a"}}',
    '{"device":{"mac":"a"},"device":{"id":1}}'
  ]) {
    const answer = await post(`${url}/claims`, body)
    t.is(answer.status, 400, body)
    t.is(answer.text, '{"error":"device.mac is in the body twice, expected it once"}')
  }
  t.is((await post(`${url}/claims`, '{"device":{"mac":"a"},"x":1,"x":2}')).status, 200)
})

test('a header named __proto__ is a header like any other', async (t) => {
  const { url } = await startClaims(t, [{ ...EVERYWHERE, variable: undefined }])
  const head = 'GET /claims HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
  for (const fields of ['__proto__: x', '__proto__: x\r\n__PROTO__: y\r\nconstructor: z']) {
    const text = await exchange(t, url, `${head}${fields}\r\nX-Mac: a\r\n\r\n`)
    t.true(text.endsWith('{"mac":"a"}'), text)
  }
})

test('only spaces and tabs are trimmed around the items of a list in a header', async (t) => {
  const source = { from: 'request', claim: 'roles', header: 'x-roles', type: 'list' }
  const { url } = await startClaims(t, [source])
  const roles = Buffer.from('a \t, b,\u00a0admin').toString('latin1')
  const answer = await send(`${url}/claims`, { headers: { 'x-roles': roles } })
  t.is(answer.text, '{"roles":["a","b","\u00a0admin"]}')
})

test('a parameter may be in the query or in a form', async (t) => {
  const { url } = await startClaims(t, [{ from: 'request', claim: 'pid', parameter: 'pid' }])
  t.is((await send(`${url}/claims?pid=a%20b%26`)).text, '{"pid":"a b&"}')
  t.is((await post(`${url}/claims`, 'pid=a+b%26', FORM)).text, '{"pid":"a b&"}')
})

test('a path variable is decoded', async (t) => {
  const source = { from: 'request', claim: 'mac', variable: 'mac' }
  const { url } = await startClaims(t, [source], { path: '/claims/{mac}' })
  t.is((await send(`${url}/claims/a%2Fb%20%C3%A9`)).text, '{"mac":"a/b é"}')
})

test('a missing claim is left out, gets its default, or is an error', async (t) => {
  const place = { header: 'x-mac', parameter: 'mac', body: 'a\\.b.c' }
  const { url } = await startClaims(t, [
    { from: 'request', claim: 'none', ...place },
    { from: 'request', claim: 'some', ...place, default: { Nested: ['*', 1.5, null] } },
    { from: 'request', claim: 'more', parameter: 'more', required: true }
  ])
  t.is((await send(`${url}/claims?more=1`)).text, '{"some":{"Nested":["*",1.5,null]},"more":"1"}')
  const rejected = await send(`${url}/claims`)
  t.is(rejected.status, 400)
  t.is(rejected.text, '{"error":"claim more is missing, expected it in parameter more"}')

  const required = await startClaims(
    t,
    [{ from: 'request', claim: 'm', ...place, variable: 'v', required: true }],
    { path: '/{v}/{w}' }
  )
  t.is((await send(`${required.url}/a/b`)).text, '{"m":"a"}')
  const nowhere = await startClaims(t, [{ from: 'request', claim: 'm', ...place, required: true }])
  t.is(
    (await send(`${nowhere.url}/claims`)).text,
    '{"error":"claim m is missing, expected it in header x-mac or parameter mac or a\\\\.b.c of the body"}'
  )
})

const types: [type: string, text: string, claim: string | undefined][] = [
  ['string', '17', '"17"'],
  ['string', '"\\', '"\\"\\\\"'],
  ['number', '17', '17'],
  ['number', '-1.10e+400', '-1.10e+400'],
  ['number', '12345678901234567890', '12345678901234567890'],
  ['number', '017', undefined],
  ['number', '1.', undefined],
  ['number', '0x1', undefined],
  ['number', ' 1', undefined],
  ['number', 'NaN', undefined],
  ['boolean', 'true', 'true'],
  ['boolean', 'false', 'false'],
  ['boolean', 'True', undefined],
  ['boolean', '1', undefined],
  ['json', '{"a": [1.10, null]}', '{"a":[1.10,null]}'],
  ['json', '{"a":', undefined],
  ['json', 'text', undefined],
  ['list', 'a', '["a"]'],
  ['list', ' a , b c,,', '["a","b c"]'],
  ['list', ',', '[]']
]

for (const [type, text, claim] of types) {
  test(`the parameter ${text} as ${type} is ${claim ?? 'rejected'}`, async (t) => {
    const source = { from: 'request', claim: 'c', parameter: 'c', type, default: 'not this' }
    const { url } = await startClaims(t, [source])
    const answer = await send(`${url}/claims?${new URLSearchParams({ c: text })}`)
    t.is(answer.status, claim === undefined ? 400 : 200)
    if (claim === undefined) t.regex(answer.text, /^\{"error":"claim c is not [a-zA-Z ]+"\}$/)
    else t.is(answer.text, `{"c":${claim}}`)
  })
}

const values: [type: string, value: string, isTaken: boolean][] = [
  ['string', '"a\\u0062"', true],
  ['string', '17', false],
  ['string', 'null', false],
  ['string', '["a"]', false],
  ['number', '12345678901234567890.10', true],
  ['number', '"17"', false],
  ['boolean', 'false', true],
  ['boolean', '"true"', false],
  ['json', 'null', true],
  ['json', '""', true],
  ['json', '[{"a":1e400}]', true],
  ['list', '[]', true],
  ['list', '["a","b,c"]', true],
  ['list', '["a",1]', false],
  ['list', '{"a":"b"}', false],
  ['list', '"a,b"', false]
]

for (const [type, value, isTaken] of values) {
  test(`${value} in the body as ${type} is ${isTaken ? 'taken as it is' : 'rejected'}`, async (t) => {
    const { url } = await startClaims(t, [{ from: 'request', claim: 'c', body: 'a.1', type }])
    const answer = await post(`${url}/claims`, `{"a" : [0, ${value} ]}`)
    t.is(answer.status, isTaken ? 200 : 400)
    if (isTaken) t.is(answer.text, `{"c":${value}}`)
  })
}

test('the first item of a list that is not blank is taken, else the request is rejected', async (t) => {
  const source = {
    from: 'request',
    claim: 'partner-id',
    header: 'X-Midt-Partner-ID',
    parameter: 'pid',
    body: 'pid',
    default: '*',
    take: 'first-of-list'
  }
  const { url } = await startClaims(t, [source])
  const given = async (header: string) =>
    (await send(`${url}/claims`, { headers: { 'x-midt-partner-id': header } })).text
  for (const header of ['comcast', ' *, ,comcast, sky', ',comcast']) {
    t.is(await given(header), '{"partner-id":"comcast"}', header)
  }
  for (const header of ['*', ',', '*,*, ,']) {
    t.is(await given(header), '{"error":"invalid partner id"}', header)
  }
  t.is((await send(`${url}/claims`)).text, '{"partner-id":"*"}')
  t.is((await post(`${url}/claims`, '{"pid":"*,sky"}')).text, '{"partner-id":"sky"}')
  t.is((await post(`${url}/claims`, '{"pid":"*"}')).status, 400)
})

test('a duplicate header or parameter is rejected, unless it is a list', async (t) => {
  const { url } = await startClaims(t, [
    { from: 'request', claim: 'one', header: 'x-one', parameter: 'one' },
    { from: 'request', claim: 'all', header: 'x-all', parameter: 'all', type: 'list' },
    { from: 'request', claim: 'first', header: 'x-first', take: 'first-of-list' }
  ])
  const ask = (lines: string) =>
    exchange(t, url, `GET /claims HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${lines}\r\n`)
  const twice = await ask('X-One: a\r\nx-one: b\r\n')
  t.regex(twice, /^HTTP\/1\.1 400 /)
  t.true(twice.endsWith('{"error":"claim one is given 2 times, expected it once"}'))
  const lists = 'X-All: a, b\r\nX-All: c\r\nX-First: *\r\nX-First: d, e\r\n'
  t.true((await ask(lists)).endsWith('{"all":["a","b","c"],"first":"d"}'))
  t.is((await send(`${url}/claims?one=a&one=a`)).status, 400)
  t.is((await send(`${url}/claims?all=a&all=b`)).text, '{"all":["a","b"]}')
})

test('a parameter in the query and in the form counts as a duplicate', async (t) => {
  const { url } = await startClaims(t, [{ from: 'request', claim: 'a', parameter: 'a' }])
  t.is((await post(`${url}/claims?a=1`, 'a=2', FORM)).status, 400)
})

test('headers are UTF-8', async (t) => {
  const { url } = await startClaims(t, [{ from: 'request', claim: 'name', header: 'x-name' }])
  const given = (bytes: Buffer) =>
    send(`${url}/claims`, { headers: { 'x-name': bytes.toString('latin1') } })
  t.is((await given(Buffer.from('José 漢'))).text, '{"name":"José 漢"}')
  const rejected = await given(Buffer.from([0x61, 0xff]))
  t.is(rejected.status, 400)
  t.is(rejected.text, '{"error":"header x-name is not valid UTF-8"}')
})

test('parameters and path variables that are not UTF-8 are rejected, since they would become another text', async (t) => {
  const claims = [
    { from: 'request', claim: 'name', parameter: 'name' },
    { from: 'request', claim: 'id', variable: 'id' }
  ]
  const { url } = await startClaims(t, claims, { path: '/claims/{id}' })
  const good = await send(`${url}/claims/%25ff?name=%C3%A9`)
  t.is(good.text, '{"name":"é","id":"%ff"}')
  for (const [path, body, message] of [
    ['/claims/1?name=%ff', '', 'parameter name is not valid UTF-8'],
    ['/claims/1?name=%ED%A0%80', '', 'parameter name is not valid UTF-8'],
    ['/claims/1', 'name=a%fe', 'parameter name is not valid UTF-8'],
    ['/claims/%ff', '', 'path is not valid UTF-8'],
    ['/claims/%zz', '', 'path is not valid UTF-8']
  ] as const) {
    const rejected = await post(`${url}${path}`, body, FORM)
    t.is(rejected.status, 400, path)
    t.is(rejected.text, JSON.stringify({ error: message }))
  }
})

test('fields of a form are read as the type asks for, and JSON keeps its types', async (t) => {
  for (const [type, field, expected] of [
    ['number', '7', '{"a":7}'],
    ['number', '12345678901234567890.10', '{"a":12345678901234567890.10}'],
    ['number', 'seven', undefined],
    ['number', '+7', undefined],
    ['number', '', '{}'],
    ['boolean', 'true', '{"a":true}'],
    ['boolean', 'yes', undefined],
    ['string', '7', '{"a":"7"}'],
    ['list', 'x, y', '{"a":["x","y"]}'],
    ['json', '{"b":1.0}', '{"a":{"b":1.0}}'],
    ['json', '', '{}'],
    ['json', '{', undefined]
  ] as const) {
    const { url } = await startClaims(t, [{ from: 'request', claim: 'a', body: 'n', type }])
    const form = new URLSearchParams({ n: field }).toString()
    const { status, text } = await post(`${url}/claims`, form, FORM)
    t.is(status, expected === undefined ? 400 : 200, `${type} ${field}`)
    if (expected !== undefined) t.is(text, expected)
    // curl -d sends JSON with the content type of a form.
    const json = JSON.stringify({ n: field })
    const strict = await post(`${url}/claims`, json, FORM)
    const isText = type === 'string' || type === 'json' || field === ''
    t.is(strict.status, isText ? 200 : 400, `${type} ${json}`)
  }
})

test('a form that is sent on is read by types too, and sent as text', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const sources = [
    { from: 'remote', url: remote.url },
    { from: 'request', claim: 'n', body: 'n', type: 'number' }
  ]
  const { url } = await startClaims(t, sources)
  t.is((await post(`${url}/claims`, 'n=7', FORM)).text, '{"id":1,"n":7}')
  t.is(remote.requests[0]?.body.toString(), '{"n":"7"}')
})

test('a body that is not JSON is rejected where a claim may be in it, and an empty one counts as none', async (t) => {
  const { url } = await startClaims(t, [{ from: 'request', claim: 'a', parameter: 'a', body: 'a' }])
  const rejected = await post(`${url}/claims`, '{"a":')
  t.is(rejected.status, 400)
  t.is(rejected.text, '{"error":"body is not valid JSON"}')
  t.is((await post(`${url}/claims?a=1`, '{"a":')).text, '{"a":"1"}')
  t.is((await post(`${url}/claims`, '')).text, '{}')
})

test('wrong settings of a request source are reported', (t) => {
  const good = { from: 'request', claim: 'a', header: 'x-a' }
  const cases: [more: object, problem: string | RegExp][] = [
    [{ header: undefined }, 'expected at least one of header, parameter, variable, body'],
    [{ required: true, default: 1 }, 'default: expected no default, since it is required'],
    [{ take: 'first-of-list', type: 'list' }, 'take: only goes with the type string'],
    [{ take: 'last' }, 'take: expected first-of-list'],
    [{ type: 'text' }, 'type: expected string, number, boolean, json, list'],
    [{ header: 'x a' }, 'header: expected the name of a header'],
    [{ parameter: '' }, 'parameter: expected the name of a parameter'],
    [{ body: 'a..b' }, /^body: expected a path such as user\.name/],
    [{ variable: 'mac' }, 'variable: there is no variable {mac} in the path /claims/{id}'],
    [{ claim: 'sub' }, 'claim: only `fixed` and `pick` set this claim, expected another name']
  ]
  for (const [more, expected] of cases) {
    const [problem = '', ...others] = sourceProblems(t, { ...good, ...more }, '/claims/{id}')
    t.deepEqual(others, [])
    if (typeof expected === 'string') t.is(problem, expected)
    else t.regex(problem, expected)
  }
})
