import test from 'ava'
import fc from 'fast-check'
import { ServiceError } from '../../src/errors.ts'
import { RESERVED_CLAIMS } from '../../src/issue/claims.ts'
import { createSeal, type FieldToSign, type SealOptions } from '../../src/issue/seal.ts'
import { createSign, type SignOptions } from '../../src/issue/sign.ts'
import { parseJsonPath } from '../../src/json/json-path.ts'
import { parseJsonText } from '../../src/json/json-text.ts'
import { spelledJson } from '../helpers/json-arbitrary.ts'
import { encode, makeToken, readToken } from '../helpers/tokens.ts'

const NOW_SECONDS = 1_893_456_000
const HOUR = 3600
const TIMES = `"iat":${NOW_SECONDS},"exp":${NOW_SECONDS + HOUR}`
const DEPTH = 64

interface TestOptions extends Partial<Omit<SealOptions, 'fields' | 'sign'>> {
  sign?: Partial<SignOptions>
}

function field(path: string): FieldToSign {
  return { path: parseJsonPath(path.replace('?', '')), optional: path.endsWith('?') }
}

/** Seals for an hour. A path that ends with a question mark is optional. */
async function sealed(document: string, paths: string[], { sign, ...options }: TestOptions = {}) {
  const seal = createSeal({
    fields: paths.map(field),
    sign: createSign({
      signer: (payload) => makeToken(payload),
      now: () => NOW_SECONDS * 1000 + 999,
      keepsGiven: true,
      ...sign
    }),
    lifetimeSeconds: HOUR,
    requiresExp: false,
    full: false,
    ...options
  })
  return (await seal(parseJsonText(document, DEPTH))).document as string
}

/** The error for a document that is rejected. */
async function errorOf(document: string, paths: string[], options?: TestOptions) {
  try {
    return `sealed: ${await sealed(document, paths, options)}`
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    return `${error.code}: ${error.message}`
  }
}

/** A token over the claims, which are given without braces. */
function token(claims: string): string {
  return `"${makeToken(`{${claims === '' ? '' : `${claims},`}${TIMES}}`)}"`
}

test('fields become tokens over their claims, and everything else stays as written', async (t) => {
  t.is(
    await sealed('{"n":1.50,"b":{"x":12345678901234567890},"a":{"y":1e400},"\\u0061":"\\/"}', [
      'b'
    ]),
    `{"n":1.50,"b":${token('"x":12345678901234567890')},"a":{"y":1e400},"\\u0061":"\\/"}`
  )
  t.is(
    await sealed('{"b":{"x":1},"a":{"y":[{}]},"c":{}}', ['a', 'b', 'c']),
    `{"b":${token('"x":1')},"a":${token('"y":[{}]')},"c":${token('')}}`
  )
})

test('a path goes into objects, and into each item of an array', async (t) => {
  t.is(
    await sealed('{"user":{"id":1,"token":{"x":1}}}', ['user.token']),
    `{"user":{"id":1,"token":${token('"x":1')}}}`
  )
  t.is(
    await sealed('{"all":[{"token":{"x":1}},[{"token":{"x":2},"id":3}]]}', ['all.token']),
    `{"all":[{"token":${token('"x":1')}},[{"token":${token('"x":2')},"id":3}]]}`
  )
  t.is(
    await sealed('{"all":[{"x":1},{"x":2}],"none":[]}', ['all', 'none']),
    `{"all":[${token('"x":1')},${token('"x":2')}],"none":[]}`
  )
})

test('an empty array has nothing to sign, and nested arrays are followed', async (t) => {
  for (const path of ['a', 'a?', 'a.token']) {
    t.is(await sealed('{"a":[]}', [path]), '{"a":[]}')
    t.is(await sealed('{"a":[[],[]]}', [path]), '{"a":[[],[]]}')
  }
  t.is(
    await sealed('{"a":[[{"x":1}],{"x":2}]}', ['a']),
    `{"a":[[${token('"x":1')}],${token('"x":2')}]}`
  )
})

test('a duplicate name is signed twice, since a reader may take either', async (t) => {
  t.is(
    await sealed('{"a":{"x":1},"a":{"x":2},"\\u0061":{"x":3}}', ['a']),
    `{"a":${token('"x":1')},"a":${token('"x":2')},"\\u0061":${token('"x":3')}}`
  )
  t.is(await errorOf('{"a":{"x":1},"a":"x"}', ['a']), 'remote_reply: a: not an object')
})

/** The payload of a field that is sealed. */
async function payloadOf(field: string, options?: TestOptions): Promise<string> {
  const { a } = JSON.parse(await sealed(`{"a":${field}}`, ['a'], options))
  return readToken(a).payload
}

test('the field is the claims set: its own iat, nbf and jti stay as written', async (t) => {
  const own = '"jti":"x\\u0041","iat":1893455000.50,"nbf":0'
  t.is(await payloadOf(`{${own}}`), `{${own},"exp":${NOW_SECONDS + HOUR}}`)
  const sign = { createId: () => 'made' }
  t.is(await payloadOf(`{${own}}`, { sign }), `{${own},"exp":${NOW_SECONDS + HOUR}}`)
  t.is(await payloadOf('{}', { sign }), `{${TIMES},"jti":"made"}`)
})

test('the mark of a service bearer is never taken from the field', async (t) => {
  t.is(await payloadOf('{"txtoken_use":"service-bearer","sub":"ada"}'), `{"sub":"ada",${TIMES}}`)
})

test('registered claims that are null are left out', async (t) => {
  const names = ['iss', 'sub', 'aud', 'iat', 'nbf', 'exp', 'jti']
  const field = `{${names.map((name) => `"${name}":null`).join(',')},"x":null}`
  const sign = { issuer: 'a', createId: () => 'made' }
  t.is(await payloadOf(field, { sign }), `{"x":null,"iss":"a",${TIMES},"jti":"made"}`)
})

test('an iat or nbf of milliseconds or text becomes seconds, and a jti of digits text', async (t) => {
  const field = '{"iat":"1893455000","nbf":1893455000999,"jti":12345678901234567890}'
  t.is(
    await payloadOf(field),
    `{"iat":1893455000,"nbf":1893455000,"jti":"12345678901234567890","exp":${NOW_SECONDS + HOUR}}`
  )
})

for (const [claims, message] of [
  ['"iat":"soon"', 'iat is not a time'],
  ['"iat":1e400', 'iat is not a time'],
  ['"nbf":[]', 'nbf is not a time'],
  ['"jti":""', 'jti is not text'],
  ['"jti":{}', 'jti is not text']
] as const) {
  test(`a field with ${claims} is rejected`, async (t) => {
    t.is(await errorOf(`{"a":{${claims}}}`, ['a']), `remote_reply: a: ${message}`)
  })
}

test('iss, sub and aud of the field stay', async (t) => {
  const identity = '"aud":["a","b"],"iss":"https://krakend.io","sub":"1"'
  const sign = { issuer: 'https://tokens.example.com' }
  t.is(await sealed(`{"a":{${identity}}}`, ['a'], { sign }), `{"a":${token(identity)}}`)
})

const ends = [
  ['an earlier exp', `${NOW_SECONDS + 60}`, NOW_SECONDS + 60],
  ['a later exp', `${NOW_SECONDS + 7200}`, NOW_SECONDS + HOUR],
  ['a fraction of a second', `${NOW_SECONDS + 60}.9`, NOW_SECONDS + 60],
  ['an exponent', '1.893456060e9', NOW_SECONDS + 60],
  ['milliseconds', `${NOW_SECONDS + 60}999`, NOW_SECONDS + 60],
  ['digits in text', `"${NOW_SECONDS + 60}"`, NOW_SECONDS + 60],
  ['a date', '"2030-01-01T00:01:00Z"', NOW_SECONDS + 60]
] as const

for (const [what, exp, expected] of ends) {
  test(`a field with ${what} expires then or with the lifetime, whichever comes first`, async (t) => {
    const document = JSON.parse(await sealed(`{"a":{"exp":${exp}}}`, ['a']))
    t.is(readToken(document.a).payload, `{"iat":${NOW_SECONDS},"exp":${expected}}`)
  })
}

test('without a lifetime, the exp of the field is used', async (t) => {
  const options = { lifetimeSeconds: undefined, requiresExp: true }
  const document = JSON.parse(await sealed('{"a":{"exp":4000000000}}', ['a'], options))
  t.is(readToken(document.a).payload, `{"iat":${NOW_SECONDS},"exp":4000000000}`)
})

for (const exp of [
  'null',
  '0',
  '-1',
  '-62135596800',
  '"1970-01-01T00:00:00Z"',
  '"never"',
  '1e400',
  '"9999-12-31T23:59:59Z"'
]) {
  test(`a field with the exp ${exp} has no expiry of its own, and expires with the lifetime`, async (t) => {
    t.is(await payloadOf(`{"exp":${exp}}`), `{${TIMES}}`)
    const required = { requiresExp: true }
    const message = exp === 'null' ? 'no exp' : 'exp has no end'
    t.is(await errorOf(`{"a":{"exp":${exp}}}`, ['a'], required), `remote_reply: a: ${message}`)
  })
}

const badEnds = [
  ['1893455999', 'reply has expired already'],
  ['-2', 'reply has expired already'],
  ['"tomorrow"', 'exp is not a time'],
  ['[1893456060]', 'exp is not a time']
] as const

for (const [exp, message] of badEnds) {
  test(`a field with the exp ${exp} is rejected`, async (t) => {
    t.is(await errorOf(`{"u":{"a":{"exp":${exp}}}}`, ['u.a']), `remote_reply: u.a: ${message}`)
  })
}

test('a field without an exp is rejected and named where one is required', async (t) => {
  const options = { requiresExp: true }
  const document = `{"a":{"exp":${NOW_SECONDS + 60}},"all":[{"exp":${NOW_SECONDS + 60}},{"x":1}]}`
  t.is(await errorOf(document, ['a', 'all'], options), 'remote_reply: all.1: no exp')
})

const unsignable = [
  ['{"a":{}}', 'b', 'b: missing from the reply'],
  ['{"a":{}}', 'a.b', 'a.b: missing from the reply'],
  ['{"a":1}', 'a.b', 'a.b: missing from the reply'],
  ['{"a":[{"b":{}},{}]}', 'a.b', 'a.1.b: missing from the reply'],
  ['{"a":"x"}', 'a', 'a: not an object'],
  ['{"a":null}', 'a', 'a: not an object'],
  ['{"a":[{},1]}', 'a', 'a.1: not an object'],
  ['{"a":[null]}', 'a', 'a.0: not an object'],
  ['{"a":["eyJ.eyJ."]}', 'a', 'a.0: not an object'],
  ['{"a":[[{},"x"]]}', 'a', 'a.0.1: not an object'],
  ['{"a":[["x"]]}', 'a.b', 'a.0.0.b: missing from the reply'],
  ['{"a":{"0":{}}}', 'a.1', 'a.1: missing from the reply'],
  ['[{"a":{}}]', 'a', 'reply is not a JSON object'],
  ['"a"', 'a', 'reply is not a JSON object'],
  ['null', 'a', 'reply is not a JSON object']
] as const

for (const [document, path, message] of unsignable) {
  test(`${document} cannot be signed at ${path}`, async (t) => {
    t.is(await errorOf(document, [path]), `remote_reply: ${message}`)
  })
}

test('an optional field may be missing or null, and nothing else', async (t) => {
  for (const document of ['{"a":1}', '{"b":null}', '{"u":{}}', '{"u":null}', '{}']) {
    t.is(await sealed(document, ['b?', 'u.b?']), document)
  }
  t.is(await sealed('{"b":{"x":1}}', ['b?', 'c?']), `{"b":${token('"x":1')}}`)
  t.is(await errorOf('{"b":"x"}', ['b?']), 'remote_reply: b: not an object')
  t.is(await errorOf('{"b":[{},true]}', ['b?']), 'remote_reply: b.1: not an object')
})

test('if one field cannot be signed, none is answered', async (t) => {
  let calls = 0
  const signer = (payload: string) => {
    calls++
    if (payload.includes('"x":2')) throw new ServiceError('internal', 'no key', { status: 500 })
    return makeToken(payload)
  }
  t.is(
    await errorOf('{"a":{"x":1},"b":{"x":2}}', ['a', 'b'], { sign: { signer } }),
    'internal: no key'
  )
  t.is(calls, 2)
  t.is(
    await errorOf('{"a":{"x":1},"b":0}', ['a', 'b'], { sign: { signer } }),
    'remote_reply: b: not an object'
  )
  t.is(calls, 2)
})

test('a token over the limit is rejected, and its field is named', async (t) => {
  t.is(
    await errorOf('{"a":{"x":1}}', ['a'], { sign: { maxTokenLength: 20 } }),
    'remote_reply: a: claims make a token that is longer than the limit'
  )
})

test('a thousand fields are signed, and not one more', async (t) => {
  const list = (count: number) => `{"a":[${Array(count).fill('{}').join(',')}]}`
  const document = JSON.parse(await sealed(list(1000), ['a']))
  t.is(new Set(document.a).size, 1)
  t.is(await errorOf(list(1001), ['a']), 'remote_reply: reply has more than 1000 fields to sign')
})

test('full gives the flattened JSON serialization, as a string', async (t) => {
  const document = JSON.parse(await sealed('{"a":{"x":1}}', ['a'], { full: true }))
  const compact = JSON.parse(token('"x":1'))
  const [header, payload, signature] = compact.split('.')
  t.is(document.a, JSON.stringify({ payload, protected: header, signature }))
  t.is(header, encode('{"alg":"HS256","typ":"JWT"}'))
})

const name = fc.string({ unit: 'grapheme' }).filter((text) => !RESERVED_CLAIMS.has(text))
const members = fc
  .uniqueArray(fc.tuple(name, spelledJson), { selector: ([text]) => text, maxLength: 5 })
  .map((pairs) =>
    pairs.map(([text, { compact }]) => `${JSON.stringify(text)}:${compact}`).join(',')
  )

test('any object round-trips through its token, text for text', async (t) => {
  await fc.assert(
    fc.asyncProperty(members, spelledJson, spelledJson, async (claims, before, after) => {
      const document = `{"before":${before.compact},"a":{${claims}},"after":${after.compact}}`
      t.is(
        await sealed(document, ['a']),
        `{"before":${before.compact},"a":${token(claims)},"after":${after.compact}}`
      )
    })
  )
})

test('a reply without a field to sign stays unchanged, whatever it is', async (t) => {
  await fc.assert(
    fc.asyncProperty(members, async (claims) => {
      t.is(await sealed(`{${claims}}`, ['no such name?']), `{${claims}}`)
    })
  )
})
