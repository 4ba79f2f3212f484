import test from 'ava'
import type { Claims } from '../../src/issue/claims.ts'
import { createSign, createTokenId, type SignOptions } from '../../src/issue/sign.ts'
import { parseJsonText } from '../../src/json/json-text.ts'

const now = () => 1_893_456_000_999
const TIMES = '"iat":1893456000,"exp":1893456060'

/** Signs for a minute, by default with a key that returns the payload unchanged. */
async function signed(claims: Claims, options: Partial<SignOptions> = {}): Promise<string> {
  const sign = createSign({ signer: (payload) => payload, now, ...options })
  return (await sign(claims, { lifetimeSeconds: 60 })).token
}

function claimsOf(claims: Record<string, string>) {
  return new Map(Object.entries(claims).map(([name, text]) => [name, parseJsonText(text, 9)]))
}

test('claims come in their order, and the times last', async (t) => {
  t.is(await signed(claimsOf({ b: '1.10', a: '{"x":null}' })), `{"b":1.10,"a":{"x":null},${TIMES}}`)
  t.is(await signed(new Map()), `{${TIMES}}`)
})

test('no source can set the claims of this step', async (t) => {
  const claims = claimsOf({
    sub: '"ada"',
    iat: '1',
    nbf: '1',
    exp: '9999999999',
    jti: '"x"',
    txtoken_use: '"service-bearer"',
    data: '{"exp":1}'
  })
  t.is(await signed(claims), `{"sub":"ada","data":{"exp":1},${TIMES}}`)
})

test('the issuer comes from the configuration, unless a source sets another', async (t) => {
  const issuer = 'https://tokens.example.com/"é'
  t.is(await signed(new Map(), { issuer }), `{"iss":"https://tokens.example.com/\\"é",${TIMES}}`)
  t.is(await signed(claimsOf({ iss: '"other"' }), { issuer }), `{"iss":"other",${TIMES}}`)
})

test('a token expires with its lifetime or at its limit, whichever comes first', async (t) => {
  const sign = createSign({ signer: (payload) => payload, now })
  const issuedAt = 1_893_456_000
  for (const [limit, expiresAt] of [
    [issuedAt + 59, issuedAt + 59],
    [issuedAt + 61, issuedAt + 60]
  ] as const) {
    const issued = await sign(new Map(), { lifetimeSeconds: 60, expiresAt: limit })
    t.deepEqual(issued, {
      token: `{"iat":${issuedAt},"exp":${expiresAt}}`,
      issuedAt,
      expiresAt,
      id: undefined
    })
  }
  await t.throwsAsync(async () => sign(new Map(), { lifetimeSeconds: 60, expiresAt: issuedAt }), {
    name: 'ServiceError',
    message: 'reply has expired already'
  })
})

test('nbf may be before or after iat, and a token may have an id', async (t) => {
  const claims = claimsOf({ sub: '"ada"' })
  t.is(
    await signed(claims, { notBeforeSeconds: -15, createId: () => 'id' }),
    '{"sub":"ada","iat":1893456000,"nbf":1893455985,"exp":1893456060,"jti":"id"}'
  )
  t.is(
    await signed(new Map(), { notBeforeSeconds: 0 }),
    '{"iat":1893456000,"nbf":1893456000,"exp":1893456060}'
  )
})

test('names of claims are written as JSON', async (t) => {
  const claims = claimsOf({ 'a"b\\': '1', é: '2', ['__proto__']: '3' })
  t.is(await signed(claims), `{"a\\"b\\\\":1,"é":2,"__proto__":3,${TIMES}}`)
})

test('a token over the limit is rejected, one at the limit is not', async (t) => {
  const signer = () => 'x'.repeat(10)
  t.is(await signed(new Map(), { signer, maxTokenLength: 10 }), 'x'.repeat(10))
  await t.throwsAsync(signed(new Map(), { signer, maxTokenLength: 9 }), {
    name: 'ServiceError',
    message: 'claims make a token that is longer than the limit'
  })
})

test('a signer may be asynchronous, and may fail', async (t) => {
  t.is(await signed(new Map(), { signer: async (payload) => payload }), `{${TIMES}}`)
  const failing = signed(new Map(), { signer: () => Promise.reject(new Error('no key')) })
  await t.throwsAsync(failing, { message: 'no key' })
})

test('a token has a jti where an id is generated', async (t) => {
  const sign = createSign({ signer: (payload) => payload, now, createId: () => 'id of its own' })
  const { token, id } = await sign(claimsOf({ jti: '"another"' }), { lifetimeSeconds: 60 })
  t.is(token, `{${TIMES},"jti":"id of its own"}`)
  t.is(id, 'id of its own')
})

test('ids are 16 bytes in base64url, and unique', (t) => {
  const ids = Array.from({ length: 1000 }, createTokenId)
  for (const id of ids) t.regex(id, /^[\w-]{22}$/)
  t.is(new Set(ids).size, ids.length)
})
