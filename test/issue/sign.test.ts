import test from 'ava'
import { createSign } from '../../src/issue/sign.ts'
import { parseJsonText } from '../../src/json/json-text.ts'

const now = () => 1_893_456_000_999
const TIMES = '"iat":1893456000,"exp":1893456060'

function claimsOf(claims: Record<string, string>) {
  return new Map(Object.entries(claims).map(([name, text]) => [name, parseJsonText(text, 9)]))
}

test('claims come in their order, and the times last', async (t) => {
  const sign = createSign({ signer: (payload) => payload, now })
  t.is(
    await sign(claimsOf({ b: '1.10', a: '{"x":null}' }), 60),
    `{"b":1.10,"a":{"x":null},${TIMES}}`
  )
  t.is(await sign(new Map(), 60), `{${TIMES}}`)
})

test('what only this step sets, no source can', async (t) => {
  const sign = createSign({ signer: (payload) => payload, now })
  const claims = claimsOf({
    iss: '"evil"',
    sub: '"ada"',
    iat: '1',
    nbf: '1',
    exp: '9999999999',
    jti: '"x"',
    txtoken_use: '"service-bearer"',
    data: '{"exp":1}'
  })
  t.is(await sign(claims, 60), `{"sub":"ada","data":{"exp":1},${TIMES}}`)
})

test('the issuer is that of the configuration', async (t) => {
  const signer = (payload: string) => payload
  const sign = createSign({ signer, now, issuer: 'https://tokens.example.com/"é' })
  t.is(
    await sign(claimsOf({ iss: '"evil"' }), 60),
    `{"iss":"https://tokens.example.com/\\"é",${TIMES}}`
  )
})

test('names of claims are written as JSON', async (t) => {
  const sign = createSign({ signer: (payload) => payload, now })
  const claims = claimsOf({ 'a"b\\': '1', é: '2', ['__proto__']: '3' })
  const payload = await sign(claims, 60)
  t.is(payload, `{"a\\"b\\\\":1,"é":2,"__proto__":3,${TIMES}}`)
})

test('a token over the limit is refused, one at the limit is not', async (t) => {
  const sign = createSign({ signer: () => 'x'.repeat(10), now, maxTokenLength: 10 })
  t.is(await sign(new Map(), 60), 'x'.repeat(10))
  const smaller = createSign({ signer: () => 'x'.repeat(10), now, maxTokenLength: 9 })
  await t.throwsAsync(async () => smaller(new Map(), 60), {
    name: 'ServiceError',
    message: 'reply makes a token over the limit'
  })
})

test('a signer may take its time, and may fail', async (t) => {
  const slow = createSign({ signer: async (payload) => payload, now })
  t.is(await slow(new Map(), 60), `{${TIMES}}`)
  const failing = createSign({ signer: () => Promise.reject(new Error('no key')), now })
  await t.throwsAsync(async () => failing(new Map(), 60), { message: 'no key' })
})
