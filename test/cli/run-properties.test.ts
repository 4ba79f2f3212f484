/** Whatever the program is called with, it answers in its own words. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import fc from 'fast-check'
import { COMMANDS } from '../../src/cli/commands.ts'
import { runCommand } from '../helpers/command-line.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

/** These run until a signal comes. */
const LASTING = ['serve', 'demo', 'demo-login-api']
const FILES = {
  empty: '',
  bytes: Buffer.from([0xff, 0x00, 0x01]),
  list: '[]',
  set: '{"keys":[{"kty":"RSA"},5,null]}',
  jwk: '{"kty":"EC","crv":"P-256","x":"a","y":5,"d":"x"}',
  secret: '{"kty":"oct","k":"","alg":"HS256"}',
  pem: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  config: 'keys: [{ alg: HS256, secret: { file: . } }]\nroutes: 5\n'
}
const OPTIONS = [
  ...['--json', '--print', '--probe', '--public', '--force', '--allow-http', '--', '-', '-c'],
  ...['--alg', '--kid', '--to', '--key', '--claim', '--lifetime', '--secret-env', '--jwks'],
  ...['--passphrase-env', '--format', '--alg=', '--json=1', '-x']
]
const VALUES = [
  ...['', 'ES256', 'none', 'jwk', 'pem', 'a=1', '__proto__=1', '=', '1h', '0', 'NAME', 'http://'],
  ...['https://127.0.0.1:1', 'ada', '../x', 'system', 'é', '\0', 'a\nb', 'x'.repeat(3000)]
]
const INPUTS = [
  ...['', '{', '[]', 'null', '{"token":5}', 'a.b.c', 'e30.e30.AA', '\ud800'],
  ...Object.values(FILES).map(String)
]

test('no call ends in a defect, or in an exit code of no meaning', async (t) => {
  const folder = await createTemporaryFolder(t)
  for (const [name, content] of Object.entries(FILES)) await writeFile(join(folder, name), content)
  const paths = [folder, ...Object.keys(FILES).map((name) => join(folder, name))]
  const names = COMMANDS.map(({ name }) => name).filter((name) => !LASTING.includes(name))
  const command = fc.constantFrom(...names, 'tokens', 'token', 'nothing')
  const words = fc.array(fc.constantFrom(...OPTIONS, ...VALUES, ...paths), { maxLength: 6 })

  async function callIt(name: string, rest: string[], input: string): Promise<void> {
    const place = name.startsWith('tokens ') ? ['--dir', join(folder, '.auth')] : []
    const args = [...name.split(' '), ...place, ...rest]
    const { code, stdout, stderr } = await runCommand(args, { input, env: { NAME: 'a value' } })
    t.true([0, 1, 2].includes(code))
    t.notRegex(stderr, /a defect of the program|\n {4}at |undefined|\[object/, JSON.stringify(args))
    if (code === 2) t.is(stdout, '')
  }
  await fc.assert(fc.asyncProperty(command, words, fc.constantFrom(...INPUTS), callIt), {
    numRuns: 300
  })
})
