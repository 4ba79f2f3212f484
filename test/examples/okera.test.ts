/** examples/okera.yml unchanged, with an identity provider, a directory and a groups endpoint. */
import type { KeyObject } from 'node:crypto'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { SignJWT } from 'jose'
import { readCodeBlocks } from '../helpers/documentation.ts'
import { writeFiles } from '../helpers/folder.ts'
import { freePorts } from '../helpers/free-ports.ts'
import { send } from '../helpers/http.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { compareCommands } from '../helpers/page-commands.ts'
import { runProgram, urlOf } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { LDAP_BIND, startSlapd } from '../helpers/slapd.ts'
import { createTemporaryFolder } from '../helpers/temporary-folder.ts'

const ROOT = join(import.meta.dirname, '../..')
const EXAMPLE = join(ROOT, 'examples/okera.yml')
const keys = { identityProvider: generateKeys('RS256'), okera: generateKeys('RS512') }

function sign(claims: Record<string, unknown>, alg: string, key: KeyObject, exp = '1h') {
  return new SignJWT(claims)
    .setProtectedHeader({ alg, kid: 'any' })
    .setExpirationTime(exp)
    .sign(key)
}

/** The built program with the example, an identity provider that accepts one token, and groups by subject. */
async function startExample(t: ExecutionContext) {
  const known = await sign({}, 'RS256', generateKeys('RS256').signing)
  const slapd = await startSlapd(t)
  let isDown = false
  const identityProvider = await startRemote(t, (response, { headers }) => {
    if (isDown) response.destroy()
    else if (headers.authorization === `Bearer ${known}`) replying('{"sub":"ada"}')(response)
    else replying('{"error":"unknown"}', 401)(response)
  })
  const groups = await startRemote(t, (response, { url }) =>
    url === '/groups/zoe'
      ? replying('{"groups":["guests"]}')(response)
      : replying('', 404)(response)
  )
  const KEYS_DIR = await writeFiles(t, {
    'identity-provider.pub': toPem(keys.identityProvider.verifying),
    'okera.pub': toPem(keys.okera.verifying)
  })
  const program = runProgram(t, {
    env: {
      CFG_FILE: EXAMPLE,
      PORT: '0',
      HOST: '127.0.0.1',
      KEYS_DIR,
      ENDPOINT: identityProvider.url.replace('/login', '/validate'),
      LDAP_URL: slapd.url,
      LDAP_START_TLS: 'false',
      LDAP_PASSWORD: LDAP_BIND.password,
      GROUPS_URL: groups.url.replace('/login', '/groups')
    }
  })
  const url = await urlOf(program)
  async function validate(token: string) {
    const headers = { accept: 'application/json', authorization: `Bearer ${token}` }
    const answer = await send(`${url}/validate`, { method: 'POST', headers })
    return { status: answer.status, claims: JSON.parse(answer.text) }
  }
  const breakProvider = () => {
    isDown = true
  }
  return { validate, known, identityProvider, breakProvider, slapd, program }
}

test('the endpoint is called first, and the groups come from the directory', async (t) => {
  const { validate, known, identityProvider } = await startExample(t)
  const { status, claims } = await validate(known)
  t.is(status, 200)
  t.is(claims.sub, 'ada')
  t.deepEqual(claims.groups.toSorted(), ['Admins, Sons', 'staff'])
  t.like(identityProvider.requests[0], { method: 'POST', url: '/validate' })
  t.is(identityProvider.requests[0]?.headers.accept, 'application/json')
})

test('a token that the endpoint rejects may be verified by either key, each with its own algorithm', async (t) => {
  const { validate, identityProvider } = await startExample(t)
  const system = { sub: 'okera', groups: ['root'] }
  const bySystem = await validate(await sign(system, 'RS512', keys.okera.signing))
  t.like(bySystem, { status: 200, claims: system })
  const byProvider = await validate(
    await sign({ sub: 'zoe' }, 'RS256', keys.identityProvider.signing)
  )
  t.like(byProvider, { status: 200, claims: { sub: 'zoe', groups: ['guests'] } })
  t.is(identityProvider.requests.length, 2)

  const rejected = [
    await sign(system, 'RS512', keys.identityProvider.signing),
    await sign(system, 'RS256', keys.okera.signing),
    await sign(system, 'RS256', generateKeys('RS256').signing),
    await sign(system, 'RS512', keys.okera.signing, '-1m'),
    await sign({ groups: ['root'] }, 'RS512', keys.okera.signing)
  ]
  for (const token of rejected) t.is((await validate(token)).status, 401)
})

test('while the endpoint or the directory is down no token passes another way', async (t) => {
  const { validate, known, breakProvider, slapd, program } = await startExample(t)
  await slapd.kill()
  t.like(await validate(known), { status: 503, claims: { error: 'check_unavailable' } })
  const system = await sign({ sub: 'okera', groups: ['root'] }, 'RS512', keys.okera.signing)
  t.is((await validate(system)).status, 200)
  breakProvider()
  t.is((await validate(system)).status, 503)
  const { stdout } = program.output()
  for (const secret of [known, system, LDAP_BIND.password]) t.false(stdout.includes(secret))
})

test('the commands of the page print what is shown below them', async (t) => {
  // The page starts all programs on its own ports, and creates keys in a folder beside the example.
  const ports = await freePorts(3)
  const place = (text: string) =>
    [8888, 8890, 3890].reduce(
      (placed, port, index) => placed.replaceAll(String(port), String(ports[index])),
      text
    )
  const cwd = await createTemporaryFolder(t)
  await mkdir(join(cwd, 'examples'))
  await writeFile(join(cwd, 'examples/okera.yml'), place(await readFile(EXAMPLE, 'utf8')))
  for (const name of ['dist', 'node_modules']) await symlink(join(ROOT, name), join(cwd, name))
  const commands = readCodeBlocks('docs/examples/okera.md').filter(
    ({ heading }) => heading === 'Try it'
  )
  await compareCommands(t, commands, {
    cwd,
    place: (command) =>
      place(command).replace('npm run --silent build', ':').replace('mktemp -d', 'mktemp -d -p .')
  })
})
