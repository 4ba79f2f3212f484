import { sign } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { send } from '../helpers/http.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY, encode, makeToken } from '../helpers/tokens.ts'

/** The order of the group of P-256 (SEC 2, section 2.4.2): with (r, s), (r, n - s) is a signature too. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CLAIMS = '{"jti":"one","exp":9999999999}'

const { signing } = generateKeys('ES256')

async function startChecking(t: ExecutionContext) {
  const keys = [
    { kid: 'es', alg: 'ES256', private: toPem(signing) },
    { kid: 'hs', alg: 'HS256', secret: ENC_KEY }
  ]
  const routes = [{ check: '/check', verify: [{ keys: 'all' }] }]
  const { url } = await startService(t, { config: JSON.stringify({ keys, routes }) })
  return async function check(token: string) {
    const { status, text } = await send(`${url}/check`, {
      method: 'POST',
      body: JSON.stringify({ token })
    })
    return status === 200 ? `jti ${JSON.parse(text).Claims.jti}` : JSON.parse(text).error
  }
}

function signEs256(): string {
  const input = `${encode('{"alg":"ES256","kid":"es"}')}.${encode(CLAIMS)}`
  const signature = sign('sha256', Buffer.from(input), { key: signing, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** Other texts that a lenient decoder would decode to the same parts. */
function respell(token: string): string[] {
  const parts = token.split('.')
  return parts.flatMap((part, index) => {
    const last = ALPHABET.indexOf(part.at(-1) ?? '')
    const unused = { 0: 0, 2: 4, 3: 2 }[part.length % 4] ?? 0
    const spellings = [
      `${part}=`,
      `${part}==`,
      ` ${part}`,
      `${part}\n`,
      `${part.slice(0, 3)}*${part.slice(3)}`,
      ...(unused === 0 ? [] : [part.slice(0, -1) + ALPHABET[last + 1]])
    ]
    return spellings.map((one) => parts.with(index, one).join('.'))
  })
}

for (const [alg, make] of [
  ['HS256', () => makeToken(CLAIMS, { header: '{"alg":"HS256","kid":"hs"}' })],
  ['ES256', signEs256]
] as const) {
  test(`a token of ${alg} has one spelling: all others are rejected before a key is used`, async (t) => {
    const check = await startChecking(t)
    const token = make()
    t.is(await check(token), 'jti one')
    for (const lookalike of respell(token)) {
      t.regex(await check(lookalike), /canonical base64url$/, lookalike)
    }
    // Nor once the token is cached.
    t.is(await check(token), 'jti one')
    t.regex(await check(`${token}=`), /canonical base64url$/)
  })
}

test('the other signature of ES256 is the same token: the same decision, and the same jti', async (t) => {
  const check = await startChecking(t)
  const token = signEs256()
  const at = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(at), 'base64url')
  const s = BigInt(`0x${signature.subarray(32).toString('hex')}`)
  const other = Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex')
  const twin =
    token.slice(0, at) + Buffer.concat([signature.subarray(0, 32), other]).toString('base64url')
  t.not(twin, token)
  t.is(await check(token), 'jti one')
  t.is(await check(twin), 'jti one')
  const zero = token.slice(0, at) + Buffer.alloc(64).toString('base64url')
  t.is(await check(zero), 'signature is invalid')
})

test('a signature in DER, as usual elsewhere, is rejected', async (t) => {
  const check = await startChecking(t)
  const token = signEs256()
  const input = token.slice(0, token.lastIndexOf('.'))
  const der = sign('sha256', Buffer.from(input), signing).toString('base64url')
  t.is(await check(`${input}.${der}`), 'signature is invalid')
})
