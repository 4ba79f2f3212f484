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

/** Signs with a new key, and returns the token and both halves of the key. */
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

test('decode shows the content of a token, digit for digit, and that nothing is verified', async (t) => {
  const token = makeToken(PAYLOAD, { secret: 'of somebody else' })
  const lines = {
    code: 0,
    stdout: `header: ${HEADER}\nclaims: ${PAYLOAD}\niat: 2030-03-17T17:46:40.000Z\nexp: 2030-03-17T17:47:40.000Z\n`,
    stderr: 'not verified: anyone could have written this token\n'
  }
  t.deepEqual(await run(['decode'], { input: `${token}\n` }), lines)
  t.deepEqual(await run(['decode', '-'], { input: token }), lines)
  t.deepEqual(await run(['decode', token]), lines)
  for (const answer of [
    { token },
    { access_token: token, token_type: 'Bearer', expires_in: 60 },
    { status: 'OK', jwt: token }
  ]) {
    t.deepEqual(await run(['decode'], { input: JSON.stringify(answer) }), lines)
  }
  const { stdout } = await run(['decode', '--json'], { input: token })
  t.is(stdout, `{"verified":false,"header":${HEADER},"claims":${PAYLOAD}}\n`)
})

test('decode escapes characters that a terminal would hide or obey', async (t) => {
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

test('decode reports why a text is not a token', async (t) => {
  for (const input of ['a.b', 'a.b.c.d.e']) {
    const { code, stdout, stderr } = await run(['decode'], { input })
    t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    t.regex(stderr, /^txtoken token decode: Token /)
  }
})

test('JSON without a token is reported as such, without its content', async (t) => {
  const error = 'found JSON without a token, expected a token or the answer of a token route'
  for (const command of [['decode'], ['verify', ...BY_SECRET]]) {
    for (const input of ['{"error":"connection refused","status":500}', '{"token":1}', '{']) {
      t.deepEqual(await run(command, { input }), {
        code: 1,
        stdout: '',
        stderr: `txtoken token ${command[0]}: ${error}\n`
      })
    }
  }
})

test('a file in place of a token is reported, with the way to pass it', async (t) => {
  const file = await fileOf(t, makeToken(PAYLOAD))
  for (const command of [['decode'], ['verify', ...BY_SECRET]]) {
    const { code, stdout, stderr } = await run([...command, file])
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    t.true(stderr.includes(`the argument is a token; for a file use < ${file}\n`), stderr)
  }
})

test('verify accepts a token signed with the secret while it is valid', async (t) => {
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

test('verify rejects another secret, another algorithm, and a service bearer', async (t) => {
  const rejectionOf = async (input: string) => {
    const { code, stdout, stderr } = await run(['verify', ...BY_SECRET], { input })
    t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    t.false(stderr.includes(input))
    return stderr
  }
  t.regex(await rejectionOf(makeToken(PAYLOAD, { secret: 'x'.repeat(40) })), /signature is invalid/)
  const header = '{"alg":"HS512","typ":"JWT"}'
  t.regex(await rejectionOf(makeToken(PAYLOAD, { header, hash: 'sha512' })), /not accepted/)
  const bearer = `{"txtoken_use":"service-bearer","exp":${NOW + 60}}`
  t.regex(await rejectionOf(makeToken(bearer)), /service bearer/)
})

test('verify rejects a token without exp, as the service does', async (t) => {
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

test('an RSA key in PEM requires an algorithm, and no other is accepted', async (t) => {
  const { token, verifying } = await signed('RS256')
  const file = await fileOf(t, toPem(verifying))
  const unnamed = await run(['verify', '--key', file], { input: token })
  t.is(unnamed.code, 1)
  t.regex(unnamed.stderr, /expected --alg to name one/)
  t.is((await run(['verify', '--key', file, '--alg', 'RS256'], { input: token })).code, 0)
  t.is((await run(['verify', '--key', file, '--alg', 'PS256'], { input: token })).code, 1)
})

test('all usable keys of a JWK Set in a file are tried, each with every algorithm, and the others are skipped', async (t) => {
  const { token, verifying } = await signed('PS256', 'k1')
  const keys = [toJwk(generateKeys('RS256').verifying, { use: 'enc' }), toJwk(verifying)]
  const file = await fileOf(t, `\uFEFF${JSON.stringify({ keys })}`)
  t.is((await run(['verify', '--key', file], { input: token })).code, 0)
  t.is((await run(['verify', '--key', file, '--alg', 'RS256'], { input: token })).code, 1)
  const unfit = await run(['verify', '--key', file, '--alg', 'ES256'], { input: token })
  t.regex(unfit.stderr, /the use "enc", expected sig; keys\[1\]: found an RSA key of 2048 bits/)
})

test('a secret may be in base64, and have a line end after it', async (t) => {
  const verify = (secret: string, ...args: string[]) =>
    runCommand(['token', 'verify', ...BY_SECRET, ...args], {
      input: makeToken(PAYLOAD),
      env: { SECRET: secret },
      now: () => NOW * 1000
    })
  const base64 = Buffer.from(ENC_KEY).toString('base64')
  t.is((await verify(`${ENC_KEY}\r`)).code, 0)
  t.is((await verify(`${base64}\n`, '--secret-encoding', 'base64')).code, 0)
  t.is((await verify(base64)).code, 1)
  const wrong = await verify(base64, '--secret-encoding', 'utf8')
  t.is(wrong.code, 2)
  t.regex(wrong.stderr, /expected --secret-encoding to be one of text, base64, hex/)
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
  t.regex(plain.stderr, /--jwks: expected an https:\/\/ URL; plain http:\/\/ needs --allow-http/)
})

test('a secret in a JWK Set verifies nothing', async (t) => {
  const body = { keys: [{ kty: 'oct', k: Buffer.from(ENC_KEY).toString('base64url') }] }
  const { url } = await startJwksServer(t, { body })
  const args = ['verify', '--jwks', url, '--allow-http']
  t.is((await run(args, { input: makeToken(PAYLOAD) })).code, 1)
})

test('a JWK Set that cannot be fetched is reported', async (t) => {
  const url = await refusingUrl(t)
  const { code, stderr } = await run(['verify', '--jwks', url, '--allow-http'], { input: 'a.b.c' })
  t.is(code, 1)
  t.regex(stderr, /^txtoken token verify: --jwks: connect ECONNREFUSED/)
})

test('https:// for a JWK Set on a port without TLS is reported', async (t) => {
  const { url } = await startJwksServer(t, {})
  const args = ['verify', '--jwks', url.replace('http:', 'https:')]
  t.deepEqual(await run(args, { input: makeToken(PAYLOAD) }), {
    code: 1,
    stdout: '',
    stderr:
      'txtoken token verify: --jwks: the server does not use TLS on this port: expected http:// in the URL, or another port\n'
  })
})

test('empty standard input is reported', async (t) => {
  for (const args of [['decode'], ['verify', ...BY_SECRET]]) {
    const { code, stderr } = await run(args, { input: '\n' })
    t.is(code, 1)
    t.is(stderr, `txtoken token ${args[0]}: found nothing on standard input, expected a token\n`)
  }
})

test('verify names the option that allows plain HTTP', async (t) => {
  const { code, stderr } = await run(['verify', '--jwks', 'http://127.0.0.1:1/'], {
    input: 'a.b.c'
  })
  t.is(code, 2)
  t.regex(
    stderr,
    /^txtoken token verify: --jwks: expected an https:\/\/ URL; plain http:\/\/ needs --allow-http\n/
  )
})

test('verify reports wrong arguments', async (t) => {
  const errorOf = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(['verify', ...args], { input: 'a.b.c' })
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    return stderr
  }
  t.regex(await errorOf(), /expected exactly one of --config, --key, --secret-env and --jwks/)
  t.regex(await errorOf('--key', 'a', '--jwks', 'b'), /expected exactly one of/)
  t.regex(await errorOf('--secret-env', 'SECRET'), /expected --alg with --secret-env/)
  t.regex(await errorOf('--secret-env', 'OTHER', '--alg', 'HS256'), /variable OTHER is not set/)
  t.regex(await errorOf('--jwks', 'example.com'), /--jwks: found text that is not a URL/)
})
