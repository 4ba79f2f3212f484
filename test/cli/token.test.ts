/** `token`: decode and verify. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createKey } from '../../src/keys/kinds/create-key.ts'
import { runCommand } from '../helpers/command-line.ts'
import { startJwksServer } from '../helpers/jwks-server.ts'
import { generateKeys, toJwk, toPem } from '../helpers/keys.ts'
import { refusingUrl } from '../helpers/remote.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const NOW = 1_900_000_000
const PAYLOAD = `{"id":12345678901234567890,"iat":${NOW},"exp":${NOW + 60}}`
const HEADER = '{"alg":"HS256","typ":"JWT"}'
const BY_SECRET = ['--secret-env', 'SECRET', '--alg', 'HS256']

interface Around {
  input?: string
  /** Seconds since 1970. */
  at?: number
}

function run(args: string[], { input = '', at = NOW }: Around = {}) {
  return runCommand(['token', ...args], { input, env: { SECRET: ENC_KEY }, now: () => at * 1000 })
}

/** Signs with a new key, and gives token and both halves. */
async function signed(alg: 'RS256' | 'ES256' | 'PS256', kid?: string) {
  const { signing, verifying } = generateKeys(alg)
  const token = await createKey({ alg, material: signing, kid }).sign?.(PAYLOAD)
  return { token: token ?? '', signing, verifying }
}

async function fileOf(t: ExecutionContext, text: string): Promise<string> {
  const file = join(await createTemporaryFolder(t), 'key')
  await writeFile(file, text)
  return file
}

test('decode shows what a token says, digit for digit, and that nothing is verified', async (t) => {
  const token = makeToken(PAYLOAD, { secret: 'of somebody else' })
  const lines = {
    code: 0,
    stdout: `header: ${HEADER}\nclaims: ${PAYLOAD}\niat: 2030-03-17T17:46:40.000Z\nexp: 2030-03-17T17:47:40.000Z\n`,
    stderr: 'not verified: anyone could have written this token\n'
  }
  t.deepEqual(await run(['decode'], { input: `${token}\n` }), lines)
  t.deepEqual(await run(['decode', '-'], { input: token }), lines)
  t.deepEqual(await run(['decode', token]), lines)
  t.deepEqual(await run(['decode'], { input: JSON.stringify({ token }) }), lines)
  const { stdout } = await run(['decode', '--json'], { input: token })
  t.is(stdout, `{"verified":false,"header":${HEADER},"claims":${PAYLOAD}}\n`)
})

test('decode shows what a terminal would hide or obey', async (t) => {
  const payload = '{"sub":"eve\u009b2K\u202egnp","x":"\u{e0041}\u001b","iss":"a"}'
  const input = makeToken(payload.replace('\u001b', '\\u001b'))
  const { stdout } = await run(['decode'], { input })
  t.is(
    stdout.split('\n')[1],
    'claims: {"sub":"eve\\u009b2K\\u202egnp","x":"\\udb40\\udc41\\u001b","iss":"a"}'
  )
  t.deepEqual(
    JSON.parse(stdout.split('claims: ')[1] ?? ''),
    JSON.parse(payload.replace('\u001b', '\\u001b'))
  )
})

test('decode says why a text is no token', async (t) => {
  for (const input of ['', 'a.b', 'a.b.c.d.e', '{"token":1}', '{']) {
    const { code, stdout, stderr } = await run(['decode'], { input })
    t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    t.regex(stderr, /^txtoken token decode: Token /)
  }
})

test('verify accepts a token of the secret, in its time', async (t) => {
  const input = makeToken(PAYLOAD)
  const { code, stdout, stderr } = await run(['verify', ...BY_SECRET], { input })
  t.deepEqual({ code, stderr }, { code: 0, stderr: 'valid\n' })
  t.true(stdout.startsWith(`header: ${HEADER}\nclaims: ${PAYLOAD}\n`))
  const json = await run(['verify', ...BY_SECRET, '--json'], { input })
  t.is(json.stdout, `{"valid":true,"header":${HEADER},"claims":${PAYLOAD}}\n`)

  const late = await run(['verify', ...BY_SECRET], { input, at: NOW + 60 })
  t.deepEqual(late, { code: 1, stdout: '', stderr: 'txtoken token verify: Token is expired\n' })
  const lateJson = await run(['verify', ...BY_SECRET, '--json'], { input, at: NOW + 60 })
  t.is(lateJson.code, 1)
  t.deepEqual(JSON.parse(lateJson.stdout), {
    valid: false,
    reason: 'expired',
    error: 'Token is expired'
  })
})

test('verify refuses another secret, another algorithm, and a service bearer', async (t) => {
  const refused = async (input: string) => {
    const { code, stdout, stderr } = await run(['verify', ...BY_SECRET], { input })
    t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    t.false(stderr.includes(input))
    return stderr
  }
  t.regex(await refused(makeToken(PAYLOAD, { secret: 'x'.repeat(40) })), /signature is invalid/)
  const header = '{"alg":"HS512","typ":"JWT"}'
  t.regex(await refused(makeToken(PAYLOAD, { header, hash: 'sha512' })), /not accepted/)
  const bearer = `{"txtoken_use":"service-bearer","exp":${NOW + 60}}`
  t.regex(await refused(makeToken(bearer)), /service bearer/)
})

test('verify refuses a token without an end, as the service does', async (t) => {
  const { code, stderr } = await run(['verify', ...BY_SECRET], { input: makeToken('{"sub":"a"}') })
  t.is(code, 1)
  t.regex(stderr, /Token has no exp/)
})

test('verify takes a key as PEM, JWK or JWK Set', async (t) => {
  const { token, verifying, signing } = await signed('ES256', 'k1')
  const jwk = toJwk(verifying, { kid: 'k1', alg: 'ES256' })
  const other = toJwk(generateKeys('RS256').verifying, { kid: 'k2', alg: 'RS256' })
  const texts = [
    toPem(verifying),
    toPem(signing),
    JSON.stringify(jwk),
    JSON.stringify({ keys: [other, jwk] })
  ]
  for (const text of texts) {
    const { code } = await run(['verify', '--key', await fileOf(t, text)], { input: token })
    t.is(code, 0)
  }
  const others = await fileOf(t, JSON.stringify({ keys: [other] }))
  t.is((await run(['verify', '--key', others], { input: token })).code, 1)
})

test('the algorithm of an RSA key in PEM has to be named, and no other is accepted', async (t) => {
  const { token, verifying } = await signed('RS256')
  const file = await fileOf(t, toPem(verifying))
  const unnamed = await run(['verify', '--key', file], { input: token })
  t.is(unnamed.code, 1)
  t.regex(unnamed.stderr, /expected --alg to name one/)
  t.is((await run(['verify', '--key', file, '--alg', 'RS256'], { input: token })).code, 0)
  t.is((await run(['verify', '--key', file, '--alg', 'PS256'], { input: token })).code, 1)
})

test('verify fetches a JWK Set', async (t) => {
  const { token, verifying } = await signed('PS256', 'k1')
  const body = { keys: [toJwk(verifying, { kid: 'k1', alg: 'PS256' })] }
  const { url } = await startJwksServer(t, { body })
  const args = ['verify', '--jwks', url, '--allow-http']
  t.is((await run(args, { input: token })).code, 0)
  t.is((await run([...args, '--alg', 'RS256'], { input: token })).code, 1)
  const plain = await run(['verify', '--jwks', url], { input: token })
  t.is(plain.code, 2)
  t.regex(plain.stderr, /--jwks: found a URL with http:\/\/, expected https:\/\//)
})

test('a secret in a JWK Set verifies nothing', async (t) => {
  const body = { keys: [{ kty: 'oct', k: Buffer.from(ENC_KEY).toString('base64url') }] }
  const { url } = await startJwksServer(t, { body })
  const args = ['verify', '--jwks', url, '--allow-http']
  t.is((await run(args, { input: makeToken(PAYLOAD) })).code, 1)
})

test('a JWK Set that cannot be had is told', async (t) => {
  const url = await refusingUrl(t)
  const { code, stderr } = await run(['verify', '--jwks', url, '--allow-http'], { input: 'a.b.c' })
  t.is(code, 1)
  t.regex(stderr, /^txtoken token verify: --jwks: connect ECONNREFUSED/)
})

test('verify tells what it was called wrongly with', async (t) => {
  const says = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(['verify', ...args], { input: 'a.b.c' })
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    return stderr
  }
  t.regex(await says(), /expected exactly one of --key, --secret-env and --jwks/)
  t.regex(await says('--key', 'a', '--jwks', 'b'), /expected exactly one of/)
  t.regex(await says('--secret-env', 'SECRET'), /expected --alg with --secret-env/)
  t.regex(await says('--secret-env', 'OTHER', '--alg', 'HS256'), /variable OTHER is not set/)
  t.regex(await says('--jwks', 'example.com'), /--jwks: found text that is not a URL/)
})
