import { sign } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { flatConfig } from '../../helpers/config-texts.ts'
import { exchange, post, send, statusIn } from '../../helpers/http.ts'
import { generatePair } from '../../helpers/keys.ts'
import { refusingUrl, replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY, encode, HEADER, makeToken, signParts } from '../../helpers/tokens.ts'

/** 2030-01-01. */
const NOW_SECONDS = 1_893_456_000
const now = () => NOW_SECONDS * 1000
const PAYLOAD = `{"data":{"id":1},"iat":${NOW_SECONDS},"exp":${NOW_SECONDS + 3600}}`
const TOKEN = makeToken(PAYLOAD)
const JSON_TYPE = 'application/json; charset=utf-8'
const MISSING = 'no token present in request'
const ANOTHER = `${MISSING}: the Authorization header has another scheme, expected Bearer`

/** Starts a service that only checks, and returns the address of its route. */
async function startChecking(t: ExecutionContext, clock = now): Promise<string> {
  const service = await startService(t, { config: flatConfig('http://127.0.0.1:1/'), now: clock })
  return `${service.url}/checkToken`
}

/** A service that also accepts tokens without exp. */
async function startLenient(t: ExecutionContext): Promise<string> {
  const config = JSON.stringify({
    keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
    routes: [{ check: '/checkToken', verify: [{ keys: 'all' }], requireExp: false }]
  })
  return `${(await startService(t, { config, now })).url}/checkToken`
}

/** The answer to a valid token. */
function describe(token: string, payload = PAYLOAD, header = HEADER): string {
  const signature = token.split('.')[2]
  return (
    `{"Raw":"${token}","Method":{"Name":"HS256","Hash":5},"Header":${header},` +
    `"Claims":${payload},"Signature":"${signature}","Valid":true}`
  )
}

function inHeader(authorization: string) {
  return { headers: { authorization } }
}

test('a valid token is answered with all its parts, in the order of the original program', async (t) => {
  const url = await startChecking(t)
  const answer = await send(url, inHeader(`Bearer ${TOKEN}`))
  t.is(answer.text, describe(TOKEN))
  t.is(answer.status, 200)
  t.is(answer.headers['content-type'], JSON_TYPE)
  t.is(answer.headers['cache-control'], 'no-store')
  t.is(answer.headers['www-authenticate'], undefined)
})

const form = `access_token=${TOKEN}`
const json = JSON.stringify({ token: TOKEN })
const goodRequests = [
  ['in the Authorization header', '', inHeader(`Bearer ${TOKEN}`)],
  ['under the scheme in small letters', '', inHeader(`bearer ${TOKEN}`)],
  ['under the scheme in capitals', '', inHeader(`BEARER ${TOKEN}`)],
  ['under the scheme in any letters, after more than a space', '', inHeader(`bEaReR \t ${TOKEN}`)],
  ['bare in the Authorization header', '', inHeader(TOKEN)],
  ['in the query', `?access_token=${TOKEN}`, {}],
  ['in the query among others', `?a=b&access_token=${TOKEN}&token=c`, {}],
  ['in a form', '', { body: form }],
  ['in a form among others', '', { body: `a=b&${form}&token=c` }],
  ['in a form that is labelled', '', { body: form, headers: { 'content-type': 'text/plain' } }],
  ['in JSON', '', { body: json }],
  ['in JSON with white space around it', '', { body: ` \n${json}\n` }],
  ['in JSON that curl labels a form', '', { body: json }],
  ['in JSON with an empty query parameter', '?access_token=', { body: json }],
  ['in the header with an empty JSON object', '', { ...inHeader(TOKEN), body: '{}' }],
  ['in the query with another scheme', `?access_token=${TOKEN}`, inHeader('Basic YTpi')]
] as const

for (const method of ['GET', 'POST']) {
  for (const [where, query, request] of goodRequests) {
    test(`${method} takes a token ${where}`, async (t) => {
      const url = await startChecking(t)
      const answer = await send(url + query, { method, ...request })
      t.is(answer.text, describe(TOKEN))
      t.is(answer.status, 200)
    })
  }
}

test('the answer of getToken can be posted unchanged', async (t) => {
  const remote = await startRemote(t, replying('{"id":1}'))
  const service = await startService(t, { config: flatConfig(remote.url), now })
  const issued = await post(`${service.url}/getToken`, '{}')
  const answer = await post(`${service.url}/checkToken`, issued.text)
  t.is(answer.text, describe(TOKEN))
})

const emptyRequests = [
  ['nothing', '', {}],
  ['an empty query parameter', '?access_token=', {}],
  ['a query parameter of another name', `?token=${TOKEN}`, {}],
  ['a query parameter in other letters', `?Access_Token=${TOKEN}`, {}],
  ['an empty Authorization header', '', inHeader('')],
  ['a scheme without a token', '', inHeader('Bearer')],
  ['a scheme and a space', '', inHeader('Bearer ')],
  ['another scheme', '', inHeader(`Basic ${TOKEN}`)],
  ['a scheme that begins like ours', '', inHeader(`BearerX ${TOKEN}`)],
  ['a form without it', '', { body: 'a=b' }],
  ['an empty form field', '', { body: 'access_token=' }],
  ['JSON without it', '', { body: '{"access_token":"x"}' }],
  ['JSON with empty text', '', { body: '{"token":""}' }],
  ['JSON that has it in a prototype', '', { body: '{"__proto__":{"token":"a"}}' }],
  ['a JSON list', '', { body: '["token"]' }],
  ['a multipart form', '', { body: '--x\r\n\r\naccess_token\r\n--x--' }]
] as const

for (const [what, query, request] of emptyRequests) {
  test(`a request with ${what} has no token: 401 and a bare challenge`, async (t) => {
    const url = await startChecking(t)
    const answer = await send(url + query, { method: 'POST', ...request })
    const error = what.includes('scheme that') || what === 'another scheme' ? ANOTHER : MISSING
    t.is(answer.text, JSON.stringify({ error }))
    t.is(answer.status, 401)
    t.is(answer.headers['content-type'], JSON_TYPE)
    t.is(answer.headers['www-authenticate'], 'Bearer')
  })
}

const ambiguousRequests = [
  [
    'header and query',
    `?access_token=${TOKEN}`,
    inHeader(TOKEN),
    'the Authorization header, the query'
  ],
  ['header and form', '', { ...inHeader(TOKEN), body: form }, 'the Authorization header, the body'],
  ['header and JSON', '', { ...inHeader(TOKEN), body: json }, 'the Authorization header, the body'],
  ['query and form', `?access_token=${TOKEN}`, { body: form }, 'the query, the body'],
  ['query and JSON', '?access_token=other', { body: json }, 'the query, the body'],
  ['query, twice', '?access_token=a&access_token=b', {}, 'the query'],
  ['form, twice', '', { body: `${form}&${form}` }, 'the body'],
  ['JSON, twice', '', { body: `{"token":"a","token":"${TOKEN}"}` }, 'the body'],
  ['JSON, twice the same', '', { body: `{"token":"${TOKEN}","token":"${TOKEN}"}` }, 'the body'],
  ['JSON, once escaped', '', { body: `{"tok\\u0065n":"a","token":"${TOKEN}"}` }, 'the body'],
  ['JSON, once empty', '', { body: `{"token":"","token":"${TOKEN}"}` }, 'the body'],
  ['JSON, once a number', '', { body: `{"token":1,"token":"${TOKEN}"}` }, 'the body'],
  ['form, many times', '', { body: 'access_token=a&'.repeat(999) }, 'the body'],
  [
    'everywhere',
    '?access_token=a',
    { ...inHeader(TOKEN), body: json },
    'the Authorization header, the query, the body'
  ]
] as const

for (const [what, query, request, places] of ambiguousRequests) {
  test(`tokens in two places are a 400: ${what}`, async (t) => {
    const url = await startChecking(t)
    const answer = await send(url + query, { method: 'POST', ...request })
    const error = `more than one token present in request: ${places}`
    t.is(answer.text, JSON.stringify({ error }))
    t.is(answer.status, 400)
    t.is(
      answer.headers['www-authenticate'],
      `Bearer error="invalid_request", error_description="${error}"`
    )
  })
}

const badBodies = [
  ['broken JSON', '{"token":', 'body is not valid JSON'],
  ['JSON that goes on', `${json}${json}`, 'body is not valid JSON'],
  ['a number for a token', '{"token":1}', 'token in the body is not text'],
  ['null for a token', '{"token":null}', 'token in the body is not text'],
  ['a list for a token', `{"token":["${TOKEN}"]}`, 'token in the body is not text'],
  ['too many levels', `{"a":${'['.repeat(64)}`, 'body is nested deeper than 64 levels']
] as const

for (const [what, body, error] of badBodies) {
  test(`a body with ${what} is a 400`, async (t) => {
    const url = await startChecking(t)
    const answer = await post(url, body)
    t.is(answer.text, JSON.stringify({ error }))
    t.is(answer.status, 400)
  })
}

test('beside the token, JSON may have names that only resemble it', async (t) => {
  const url = await startChecking(t)
  for (const more of ['"a":"token"', '"a":{"token":1}', '"Token":1', '"a":"\\"token\\""']) {
    t.is((await post(url, `{${more},"token":"${TOKEN}"}`)).status, 200, more)
    t.is((await post(url, `{"token":"${TOKEN}",${more}}`)).status, 200, more)
  }
})

const MALFORMED = 'Token is malformed: expected three parts'
const REJECTED_KEY = 'Token is signed with a key or an algorithm that is not accepted'
const TWICE_IN_HEADER = 'Token header has a name twice'
const EXTENSION = 'Token header asks for an extension that is not supported'
const SIGNATURE = 'signature is invalid'
const [HEADER_PART = '', PAYLOAD_PART = '', SIGNATURE_PART = ''] = TOKEN.split('.')

/** The other spellings of a base64url text that decode to the same bytes: unused bits at the end are set. */
function withTrailingBits(part: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(part.at(-1) ?? '')
  return part.slice(0, -1) + alphabet[last + 1]
}

function withHeader(header: string): string {
  return makeToken(PAYLOAD, { header })
}

function signedWithRsa(header: string): string {
  const { signing: privateKey } = generatePair('rsa', { modulusLength: 2048 })
  const input = `${encode(header)}.${encode(PAYLOAD)}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

const rejectedTokens: [string, string, string][] = [
  // The form
  ['one word', 'token', MALFORMED],
  ['two parts', `${HEADER_PART}.${PAYLOAD_PART}`, MALFORMED],
  ['four parts', `${TOKEN}.${SIGNATURE_PART}`, MALFORMED],
  ['six parts', `${TOKEN}.${TOKEN}`, MALFORMED],
  ['dots', '...', MALFORMED],
  [
    'five parts, as a JWE has them',
    `${TOKEN}.a.b`,
    'Token has five parts, as an encrypted one, expected three'
  ],
  ['no header', `.${PAYLOAD_PART}.${SIGNATURE_PART}`, 'Token header is empty'],
  ['no payload', `${HEADER_PART}..${SIGNATURE_PART}`, 'Token payload is empty'],
  ['no signature', `${HEADER_PART}.${PAYLOAD_PART}.`, 'Token signature is empty'],
  [
    'a padded header',
    signParts(`${HEADER_PART}=.${PAYLOAD_PART}`),
    'Token header is not canonical base64url'
  ],
  [
    'a padded payload',
    signParts(`${HEADER_PART}.${encode(`${PAYLOAD} `)}=`),
    'Token payload is not canonical base64url'
  ],
  ['a padded signature', `${TOKEN}=`, 'Token signature is not canonical base64url'],
  [
    'unused bits set in its signature',
    `${HEADER_PART}.${PAYLOAD_PART}.${withTrailingBits(SIGNATURE_PART)}`,
    'Token signature is not canonical base64url'
  ],
  [
    'unused bits set in its payload',
    signParts(`${HEADER_PART}.${withTrailingBits(encode(`${PAYLOAD} `))}`),
    'Token payload is not canonical base64url'
  ],
  [
    'the plain base64 alphabet',
    signParts(
      `${HEADER_PART}.${Buffer.from('{"a":"???>>>"}').toString('base64').replace(/=+$/, '')}`
    ),
    'Token payload is not canonical base64url'
  ],
  [
    'a space inside',
    signParts(`${HEADER_PART}.${PAYLOAD_PART.slice(0, 4)} ${PAYLOAD_PART.slice(4)}`),
    'Token payload is not canonical base64url'
  ],
  [
    'a length that base64url cannot have',
    `${HEADER_PART}.${PAYLOAD_PART}.A`,
    'Token signature is not canonical base64url'
  ],

  // The JSON
  ['a header that is not JSON', withHeader('nonsense'), 'Token header is not JSON: not valid JSON'],
  ['a header that is a list', withHeader('[]'), 'Token header is not a JSON object'],
  ['a header that is null', withHeader('null'), 'Token header is not a JSON object'],
  ['a payload that is not JSON', makeToken('{'), 'Token payload is not JSON: not valid JSON'],
  ['a payload that is text', makeToken('"a"'), 'Token payload is not a JSON object'],
  ['a payload that is a list', makeToken('[]'), 'Token payload is not a JSON object'],
  [
    'a payload that is not UTF-8',
    makeToken(Buffer.from('{"a":"\xff"}', 'latin1')),
    'Token payload is not JSON: not valid UTF-8'
  ],
  [
    'a payload with a byte order mark',
    makeToken(`\ufeff${PAYLOAD}`),
    'Token payload is not JSON: not valid JSON'
  ],
  [
    'a payload of many levels',
    makeToken(`{"a":${'['.repeat(64)}${']'.repeat(64)}}`),
    'Token payload is not JSON: nested deeper than 64 levels'
  ],
  [
    'a header of many levels',
    withHeader(`{"alg":"HS256","a":${'{"a":'.repeat(64)}1${'}'.repeat(64)}}`),
    'Token header is not JSON: nested deeper than 64 levels'
  ],

  // The header
  ['no alg', withHeader('{"typ":"JWT"}'), 'Token header has no alg'],
  [
    'alg none',
    `${encode('{"alg":"none"}')}.${PAYLOAD_PART}.${SIGNATURE_PART}`,
    'Token is not signed'
  ],
  ['alg nOnE', withHeader('{"alg":"nOnE"}'), 'Token is not signed'],
  [
    'alg none and no signature',
    `${encode('{"alg":"none"}')}.${PAYLOAD_PART}.`,
    'Token signature is empty'
  ],
  [
    'an alg that is a list',
    withHeader('{"alg":["HS256"]}'),
    'Token header has an alg that is no name'
  ],
  ['an alg that is null', withHeader('{"alg":null}'), 'Token header has an alg that is no name'],
  ['two algs, the last none', withHeader('{"alg":"HS256","alg":"none"}'), TWICE_IN_HEADER],
  ['two algs, the last a good one', withHeader('{"alg":"none","alg":"HS256"}'), TWICE_IN_HEADER],
  ['alg hs256 in lower case', withHeader('{"alg":"hs256"}'), REJECTED_KEY],
  ['an unknown alg', withHeader('{"alg":"HS257"}'), REJECTED_KEY],
  ['alg __proto__', withHeader('{"alg":"__proto__"}'), REJECTED_KEY],
  [
    'alg HS384, signed so with our secret',
    makeToken(PAYLOAD, { header: '{"alg":"HS384"}', hash: 'sha384' }),
    REJECTED_KEY
  ],
  [
    'alg HS512, signed so with our secret',
    makeToken(PAYLOAD, { header: '{"alg":"HS512"}', hash: 'sha512' }),
    REJECTED_KEY
  ],
  ['alg RS256, signed with our secret', withHeader('{"alg":"RS256"}'), REJECTED_KEY],
  ['an RSA signature under alg RS256', signedWithRsa('{"alg":"RS256"}'), REJECTED_KEY],
  ['an RSA signature under alg HS256', signedWithRsa(HEADER), SIGNATURE],
  ['crit', withHeader('{"alg":"HS256","crit":["exp"],"exp":1}'), EXTENSION],
  ['an empty crit', withHeader('{"alg":"HS256","crit":[]}'), EXTENSION],
  ['crit null', withHeader('{"alg":"HS256","crit":null}'), EXTENSION],
  ['b64 false', withHeader('{"alg":"HS256","b64":false,"crit":["b64"]}'), EXTENSION],
  ['b64 without crit', withHeader('{"alg":"HS256","b64":false}'), EXTENSION],
  [
    'a kid that is a number',
    withHeader('{"alg":"HS256","kid":1}'),
    'Token header has a kid that is no string'
  ],
  [
    'a typ that is an object',
    withHeader('{"alg":"HS256","typ":{}}'),
    'Token header has a typ that is no string'
  ],

  // The signature
  ['the signature of another secret', makeToken(PAYLOAD, { secret: `${ENC_KEY}!` }), SIGNATURE],
  ['the signature of an empty secret', makeToken(PAYLOAD, { secret: '' }), SIGNATURE],
  [
    'the signature of another payload',
    `${HEADER_PART}.${encode('{}')}.${SIGNATURE_PART}`,
    SIGNATURE
  ],
  ['a truncated signature', TOKEN.slice(0, -3), SIGNATURE],
  ['a signature with more after it', `${TOKEN}AAAA`, SIGNATURE],
  [
    'the secret in its header',
    makeToken(PAYLOAD, {
      header: `{"alg":"HS256","jwk":{"kty":"oct","k":"${encode('attacker')}"}}`,
      secret: 'attacker'
    }),
    SIGNATURE
  ],

  // The size
  [
    'more than 16 KiB',
    makeToken(`{"a":"${'x'.repeat(13_000)}","exp":${NOW_SECONDS + 9}}`),
    'Token is too large'
  ],

  // The time
  ['an exp that has come', makeToken(`{"exp":${NOW_SECONDS - 5}}`), 'Token is expired'],
  ['an exp of long ago', makeToken('{"exp":0}'), 'Token is expired'],
  ['a negative exp', makeToken('{"exp":-1}'), 'Token is expired'],
  ['an nbf to come', makeToken(`{"nbf":${NOW_SECONDS + 6}}`), 'Token is not valid yet'],
  [
    'an nbf a fraction of a second beyond the skew',
    makeToken(`{"nbf":${NOW_SECONDS + 5}.5}`),
    'Token is not valid yet'
  ],
  [
    'two exps, the last of which has come',
    makeToken(`{"exp":${NOW_SECONDS + 9},"exp":1}`),
    'Token payload has a name twice'
  ],
  [
    'an exp that is spelled with an escape beside another',
    makeToken(`{"exp":1,"\\u0065xp":${NOW_SECONDS + 9}}`),
    'Token payload has a name twice'
  ],
  ['no exp', makeToken('{"sub":"ada"}'), 'Token has no exp'],
  ['no claims', makeToken('{}'), 'Token has no exp'],
  [
    'an iat to come',
    makeToken(`{"iat":${NOW_SECONDS + 61},"exp":${NOW_SECONDS + 69}}`),
    'Token is issued in the future'
  ],
  ...['"1999999999"', 'null', 'true', '[1999999999]', '1e400', '-1e400'].flatMap(
    (value): [string, string, string][] => [
      [
        `iat ${value}`,
        makeToken(`{"iat":${value}}`),
        'Token has an iat that is no time in seconds'
      ],
      [
        `exp ${value}`,
        makeToken(`{"exp":${value}}`),
        'Token has an exp that is no time in seconds'
      ],
      [`nbf ${value}`, makeToken(`{"nbf":${value}}`), 'Token has an nbf that is no time in seconds']
    ]
  ),

  // The mark
  [
    'the mark of a service bearer',
    makeToken('{"data":null,"txtoken_use":"service-bearer"}'),
    'Token is a service bearer, which is for the remote alone'
  ],
  [
    'the mark of a service bearer, spelled with escapes',
    makeToken('{"txtoken\\u005fuse":"service\\u002dbearer"}'),
    'Token is a service bearer, which is for the remote alone'
  ]
]

for (const [what, token, error] of rejectedTokens) {
  test(`a token with ${what} is rejected`, async (t) => {
    const url = await startChecking(t)
    const answer = await post(url, JSON.stringify({ token }))
    t.is(answer.text, JSON.stringify({ error }))
    t.is(answer.status, 401)
    t.is(answer.headers['content-type'], JSON_TYPE)
    t.is(
      answer.headers['www-authenticate'],
      `Bearer error="invalid_token", error_description="${error}"`
    )
  })
}

const acceptedTokens: [string, string, string?][] = [
  ['no claims', '{}'],
  ['an exp to come', `{"exp":${NOW_SECONDS + 1}}`],
  ['an exp a fraction of a second to come', `{"exp":${NOW_SECONDS}.5}`],
  ['an exp in scientific notation', '{"exp":1.9e9}'],
  ['an nbf that has come', `{"nbf":${NOW_SECONDS}}`],
  ['an iat a minute to come', `{"iat":${NOW_SECONDS + 60}}`],
  ['an exp that came within the skew', `{"exp":${NOW_SECONDS - 4}}`],
  ['an nbf to come within the skew', `{"nbf":${NOW_SECONDS + 5}}`],
  ['64 levels', `{"a":${'['.repeat(63)}${']'.repeat(63)}}`],
  ['members named like the parts of an object', '{"__proto__":{"exp":1},"constructor":1}'],
  ['an exp inside its data', '{"data":{"exp":1,"nbf":9999999999}}'],
  ['the mark of a bearer inside its data', '{"data":{"txtoken_use":"service-bearer"}}'],
  ['another value under the mark', '{"txtoken_use":"other"}'],
  ['a kid, although our key has none', '{}', '{"alg":"HS256","kid":"../../dev/null"}'],
  ['another typ', '{}', '{"typ":"at+jwt","alg":"HS256"}'],
  ['no typ', '{}', '{"alg":"HS256"}'],
  ['addresses of keys, which are not fetched', '{}', '{"alg":"HS256","jku":"http://127.0.0.1:1/"}'],
  ['duplicate names inside its data', '{"data":{"a":1,"a":2}}'],
  ['a header beyond ASCII', '{}', '{"alg":"HS256","cty":"é漢"}']
]

for (const [what, payload, header = HEADER] of acceptedTokens) {
  test(`a token with ${what} is accepted`, async (t) => {
    const url = await startLenient(t)
    const token = makeToken(payload, { header })
    const answer = await post(url, JSON.stringify({ token }))
    t.is(answer.text, describe(token, payload, header))
    t.is(answer.status, 200)
  })
}

test('only white space inside the JSON of a token is left out of the answer', async (t) => {
  const url = await startLenient(t)
  const token = makeToken('{ "a" : [ 1.0,\n"b  c" ] }', { header: '{ "alg":"HS256" }' })
  const answer = await send(url, inHeader(token))
  t.is(answer.text, describe(token, '{"a":[1.0,"b  c"]}', '{"alg":"HS256"}'))
})

test('a token is accepted until 5 seconds after its exp, to the millisecond, by the clock of the service', async (t) => {
  let time = NOW_SECONDS * 1000 + 3_604_999
  const url = await startChecking(t, () => time)
  t.is((await send(url, inHeader(TOKEN))).status, 200)
  time++
  t.is((await send(url, inHeader(TOKEN))).text, '{"error":"Token is expired"}')
})

test('an issued token is accepted for expHours and the skew', async (t) => {
  let time = now()
  const remote = await startRemote(t, replying('{}'))
  const config = flatConfig(remote.url, { expHours: 0.5 })
  const service = await startService(t, { config, now: () => time })
  const issued = await post(`${service.url}/getToken`, '{}')
  time += 1_804_999
  t.is((await post(`${service.url}/checkToken`, issued.text)).status, 200)
  time++
  t.is((await post(`${service.url}/checkToken`, issued.text)).status, 401)
})

test('the service bearer that the remote gets never passes', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const service = await startService(t, { config: flatConfig(remote.url), now })
  await post(`${service.url}/getToken`, '{}')
  const bearer = remote.requests[0]?.headers.authorization ?? ''
  t.regex(bearer, /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/)
  for (const request of [
    { headers: { authorization: bearer } },
    { body: JSON.stringify({ token: bearer.slice('Bearer '.length) }) }
  ]) {
    const answer = await send(`${service.url}/checkToken`, { method: 'POST', ...request })
    t.is(answer.text, '{"error":"Token is a service bearer, which is for the remote alone"}')
    t.is(answer.status, 401)
  }
})

test('a token whose data imitates a service bearer is still an issued token', async (t) => {
  const reply = '{"txtoken_use":"service-bearer","data":{"authorization":"internal"}}'
  const remote = await startRemote(t, replying(reply))
  const service = await startService(t, { config: flatConfig(remote.url), now })
  const issued = await post(`${service.url}/getToken`, '{}')
  const answer = await post(`${service.url}/checkToken`, issued.text)
  t.is(answer.status, 200)
  t.is(JSON.parse(answer.text).Claims.txtoken_use, undefined)
})

const keys = [
  { kid: 'a', alg: 'HS256', secret: '${ENC_KEY}' },
  { kid: 'b', alg: 'HS256', secret: '${ENC_KEY}-b' }
]
const otherSecret = { secret: `${ENC_KEY}-b` }
const kidCases: [string, string, number, string?][] = [
  ['the first kid and its key', makeToken('{}', { header: '{"alg":"HS256","kid":"a"}' }), 200],
  [
    'the second kid and its key',
    makeToken('{}', { header: '{"alg":"HS256","kid":"b"}', ...otherSecret }),
    200
  ],
  ['no kid and the second key', makeToken('{}', otherSecret), 200],
  [
    'the kid of another key',
    makeToken('{}', { header: '{"alg":"HS256","kid":"b"}' }),
    401,
    SIGNATURE
  ],
  ['an unknown kid', makeToken('{}', { header: '{"alg":"HS256","kid":"c"}' }), 401, REJECTED_KEY],
  ['an empty kid', makeToken('{}', { header: '{"alg":"HS256","kid":""}' }), 401, REJECTED_KEY],
  ['no kid and no key', makeToken('{}', { secret: 'attacker' }), 401, SIGNATURE]
]

for (const [what, token, status, error] of kidCases) {
  test(`with two keys, a token with ${what} is answered with ${status}`, async (t) => {
    const routes = [{ check: '/checkToken', verify: [{ keys: 'all' }], requireExp: false }]
    const service = await startService(t, { config: JSON.stringify({ keys, routes }), now })
    const answer = await send(`${service.url}/checkToken`, inHeader(token))
    t.is(answer.status, status)
    t.is(JSON.parse(answer.text).error, error)
  })
}

test('a route with named keys rejects tokens of other keys', async (t) => {
  const routes = [{ check: '/check', verify: [{ keys: ['a'] }], requireExp: false }]
  const config = JSON.stringify({ keys, routes })
  const service = await startService(t, { config, now })
  t.is((await send(`${service.url}/check`, inHeader(makeToken('{}')))).status, 200)
  const rejected = await send(`${service.url}/check`, inHeader(makeToken('{}', otherSecret)))
  t.is(rejected.text, JSON.stringify({ error: SIGNATURE }))
})

test('HEAD is answered as GET, without the body', async (t) => {
  const url = await startChecking(t)
  const good = await send(url, { method: 'HEAD', ...inHeader(TOKEN) })
  t.is(good.status, 200)
  t.is(good.headers['content-length'], String(describe(TOKEN).length))
  t.is(good.text, '')
  t.is((await send(url, { method: 'HEAD' })).status, 401)
})

for (const method of ['PUT', 'PATCH', 'DELETE', 'PROPFIND', 'TRACE']) {
  test(`${method} does not check a token: 405, and Allow has the methods that do`, async (t) => {
    const url = await startChecking(t)
    const answer = await send(url, { method, ...inHeader(TOKEN) })
    t.is(answer.status, 405)
    t.deepEqual(answer.headers.allow?.split(', ').sort(), ['GET', 'HEAD', 'POST'])
  })
}

test('unusual request targets are parsed', async (t) => {
  const url = await startChecking(t)
  for (const [target, status] of [
    [`/checkToken?access_token=${TOKEN}&%`, 200],
    [`/checkToken?access%5Ftoken=${TOKEN}`, 200],
    ['/checkToken?access_token=%ff%00', 401],
    ['/checkToken?%', 401],
    ['/checkToken?', 401],
    [`/checkToken;access_token=${TOKEN}`, 404]
  ] as const) {
    const text = await exchange(
      t,
      url,
      `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
    )
    t.is(statusIn(text), status, target)
  }
})

test('a token is checked whether or not the remote is reachable', async (t) => {
  const service = await startService(t, { config: flatConfig(await refusingUrl(t)), now })
  t.is((await send(`${service.url}/checkToken`, inHeader(TOKEN))).status, 200)
})

test('a rejected body gets no challenge', async (t) => {
  const url = await startChecking(t)
  const answer = await send(url, {
    method: 'POST',
    body: 'x',
    headers: { 'content-encoding': 'gzip' }
  })
  t.is(answer.status, 415)
  t.is(answer.headers['www-authenticate'], undefined)
})
