/** `keys`: new keys, and keys in other forms. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { calculateJwkThumbprint } from 'jose'
import { ALGORITHMS } from '../../src/keys/key.ts'
import { parsePrivateKey } from '../../src/keys/material/key-material.ts'
import { runCommand } from '../helpers/command-line.ts'
import { generateKeys, toJwk, toPem } from '../helpers/keys.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const generate = (...args: string[]) => runCommand(['keys', 'generate', ...args])
const convert = (input: string, ...args: string[]) =>
  runCommand(['keys', 'convert', ...args], { input })

for (const alg of ALGORITHMS) {
  test(`generate makes a key that is usable for ${alg}`, async (t) => {
    const { code, stdout, stderr } = await generate('--alg', alg)
    t.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    if (alg.startsWith('HS')) {
      const { kty, alg: own, use, k, kid } = JSON.parse(stdout)
      t.deepEqual({ kty, own, use }, { kty: 'oct', own: alg, use: 'sig' })
      t.is(Buffer.from(k, 'base64url').length, Number(alg.slice(2)) / 8)
      t.is(Buffer.from(kid, 'base64url').length, 32)
    } else {
      t.notThrows(() => parsePrivateKey(stdout, alg))
    }
  })
}

test('generate writes a JWK with the given kid, or its thumbprint', async (t) => {
  const named = JSON.parse(
    (await generate('--alg', 'ES256', '--format', 'jwk', '--kid', 'k1')).stdout
  )
  t.like(named, { kty: 'EC', crv: 'P-256', kid: 'k1', alg: 'ES256', use: 'sig' })
  t.notThrows(() => createPrivateKey({ key: named, format: 'jwk' }))
  const unnamed = JSON.parse((await generate('--alg', 'EdDSA', '--format', 'jwk')).stdout)
  t.is(unnamed.kid, await calculateJwkThumbprint(unnamed))
})

test('generate --out writes a file for the owner alone, and overwrites none without --force', async (t) => {
  const file = join(await createTemporaryFolder(t), 'key.pem')
  const first = await generate('--alg', 'ES256', '--out', file)
  t.deepEqual(first, { code: 0, stdout: '', stderr: `wrote ${file}\n` })
  t.is((await stat(file)).mode & 0o777, 0o600)
  const text = await readFile(file, 'utf8')
  const second = await generate('--alg', 'ES256', '--out', file)
  t.deepEqual(second, {
    code: 1,
    stdout: '',
    stderr: `txtoken keys generate: ${file} exists already; --force overwrites it\n`
  })
  t.is(await readFile(file, 'utf8'), text)
  const nowhere = join(file, 'key.pem')
  t.is(
    (await generate('--alg', 'ES256', '--out', nowhere)).stderr,
    `txtoken keys generate: cannot write ${nowhere} (a part of the path is not a folder)\n`
  )
  t.is((await generate('--alg', 'ES256', '--out', file, '--force')).code, 0)
  t.not(await readFile(file, 'utf8'), text)
})

test('generate reports wrong arguments', async (t) => {
  const errorOf = async (...args: string[]) => {
    const { code, stdout, stderr } = await generate(...args)
    t.deepEqual({ code, stdout }, { code: 2, stdout: '' })
    return stderr
  }
  t.regex(await errorOf(), /expected --alg, such as --alg ES256/)
  t.regex(await errorOf('--alg', 'ES257'), /expected --alg to be one of/)
  t.regex(await errorOf('--alg', 'ES256', '--format', 'der'), /expected --format to be pem or jwk/)
  t.regex(await errorOf('--alg', 'ES256', '--kid', 'a'), /--kid needs --format jwk/)
  t.regex(await errorOf('--alg', 'HS256', '--format', 'pem'), /expected --format jwk/)
})

const algorithms = ['RS256', 'ES384', 'ES512', 'EdDSA'] as const
for (const alg of algorithms) {
  test(`a private key for ${alg} goes from PEM to JWK to a JWK Set and back as it was`, async (t) => {
    const { signing, verifying } = generateKeys(alg)
    const jwk = (await convert(toPem(signing), '--to', 'jwk')).stdout
    t.like(JSON.parse(jwk), { ...toJwk(signing), alg, use: 'sig' })
    const jwks = (await convert(jwk, '--to', 'jwks')).stdout
    t.deepEqual(JSON.parse(jwks), { keys: [JSON.parse(jwk)] })
    t.is((await convert(jwks, '--to', 'pem')).stdout, toPem(signing))
    for (const text of [jwks, toPem(signing), toPem(verifying)]) {
      t.is((await convert(text, '--to', 'pem', '--public')).stdout, toPem(verifying))
      const published = JSON.parse((await convert(text, '--to', 'jwk', '--public')).stdout)
      t.like(published, toJwk(verifying))
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi']) t.false(member in published)
    }
  })
}

test('several files make a JWK Set, out of which --kid takes one', async (t) => {
  const folder = await createTemporaryFolder(t)
  const keys = [generateKeys('RS256'), generateKeys('ES256')]
  const files = ['rsa.pem', 'ec.pem'].map((name) => join(folder, name))
  for (const [index, file] of files.entries()) {
    await writeFile(file, toPem(keys[index]?.signing ?? t.fail()))
  }
  const { stdout } = await convert('', '--to', 'jwks', '--public', '--alg', 'PS256', ...files)
  const set = JSON.parse(stdout) as { keys: { kid: string; alg: string }[] }
  t.deepEqual(
    set.keys.map(({ alg }) => alg),
    ['PS256', 'ES256']
  )
  const [, second] = set.keys
  const one = await convert(stdout, '--to', 'jwk', `--kid=${second?.kid}`)
  t.deepEqual(JSON.parse(one.stdout), second)
  t.like(await convert(stdout, '--to', 'jwk', '--kid', 'other'), { code: 1, stdout: '' })
  const many = await convert(stdout, '--to', 'jwk')
  t.is(many.code, 1)
  t.regex(many.stderr, /found 2 keys, expected --to jwks, or --kid to choose one/)
})

test('a kid may begin with a dash, as one thumbprint in 64 does', async (t) => {
  const pem = toPem(generateKeys('ES256').signing)
  const kidOf = async (...args: string[]) =>
    JSON.parse((await convert(pem, '--to', 'jwk', ...args)).stdout).kid
  t.is(await kidOf('--kid', '-1aZ'), '-1aZ')
  t.is(await kidOf('--kid', '-1aZ', '-'), '-1aZ')
  t.is(await kidOf('--kid', '-1aZ', '--', '-'), '-1aZ')
  t.like(await convert(pem, '--to', 'jwk', '-x'), { code: 2, stdout: '' })
})

test('a dash among the files is standard input', async (t) => {
  const [piped, named] = [generateKeys('ES256'), generateKeys('EdDSA')]
  const file = join(await createTemporaryFolder(t), 'key.pem')
  await writeFile(file, toPem(named.signing))
  const { stdout } = await convert(toPem(piped.signing), '--to', 'jwks', '--public', '-', file)
  t.like(JSON.parse(stdout), { keys: [toJwk(piped.verifying), toJwk(named.verifying)] })
})

test('a key without a kid gets the kid of --kid', async (t) => {
  const pem = toPem(generateKeys('ES256').signing)
  t.is(JSON.parse((await convert(pem, '--to', 'jwk', '--kid', 'mine')).stdout).kid, 'mine')
})

test('an encrypted key is opened by the passphrase in a variable', async (t) => {
  const { signing } = generateKeys('ES256')
  const encrypted = signing
    .export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'open sesame' })
    .toString()
  const args = ['keys', 'convert', '--to', 'pem', '--passphrase-env', 'PASSPHRASE']
  const env = { PASSPHRASE: 'open sesame' }
  t.is((await runCommand(args, { input: encrypted, env })).stdout, toPem(signing))
  t.is((await runCommand(args, { input: encrypted })).code, 2)
  const wrong = await runCommand(args, { input: encrypted, env: { PASSPHRASE: 'something else' } })
  t.is(wrong.code, 1)
  t.false(wrong.stderr.includes('something else'))
})

test('input that cannot be converted is reported without being quoted', async (t) => {
  const secret = toJwk(generateKeys('HS256').signing, { alg: 'HS256' })
  const errorOf = async (input: string, ...args: string[]) => {
    const { code, stdout, stderr } = await convert(input, ...args)
    t.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    t.false(stderr.includes(String(secret.k)))
    return stderr
  }
  const text = JSON.stringify(secret)
  t.regex(await errorOf(text, '--to', 'pem'), /a shared secret cannot be written as PEM/)
  t.regex(await errorOf(text, '--to', 'jwk', '--public'), /a shared secret has no public key/)
  t.regex(
    await errorOf('no key', '--to', 'pem'),
    /found neither PEM nor JSON, expected PEM, a JWK or a JWK Set/
  )
  t.regex(await errorOf('{"keys":[]}', '--to', 'pem'), /found no key/)
  t.regex(
    await errorOf('', '--to', 'pem', '/no/such/file'),
    /cannot read \/no\/such\/file \(no such file\)/
  )
  t.is((await convert(text)).code, 2)
  t.is((await convert(text, '--to', 'der')).code, 2)
})

test('--public writes the public key of each key', async (t) => {
  const { stdout } = await generate('--alg', 'ES256')
  const { stdout: pem } = await convert(stdout, '--to', 'pem', '--public')
  t.true(createPublicKey(pem).equals(createPublicKey(stdout)))
})
