/** Tables and examples on the pages, compared with the project. */
import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { parse } from '../helpers/config.ts'
import { findCode, listPages, readCodeBlocks, readPage } from '../helpers/documentation.ts'
import { send } from '../helpers/http.ts'
import { completeConfig, writeKeyFiles } from '../helpers/key-recipes.ts'
import { startService } from '../helpers/service.ts'
import { makeToken } from '../helpers/tokens.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('the page about dependencies has a line for exactly the existing ones', (t) => {
  const { dependencies, devDependencies } = JSON.parse(read('package.json'))
  const cells = [...read('docs/dependencies.md').matchAll(/^\| ([@\w].*?) +\|/gm)]
  const named = cells
    .flatMap(([, cell = '']) => cell.split(', '))
    .filter((name) => name !== 'package' && name !== '@types/*')
  const expected = Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !name.startsWith('@types/')
  )
  t.deepEqual(named.toSorted(), expected.toSorted())
})

const env = {
  ENC_KEY: 'a secret of thirty-two characters or more',
  CLIENT_SECRET: 'a-client-secret',
  API_KEY: 'an-api-key-of-20-characters',
  REVOKE_KEY: 'an-api-key-of-20-characters',
  LDAP_PASSWORD: 'any',
  REDIS_PASSWORD: 'any',
  SENTINEL_PASSWORD: 'any',
  GROUPS_AUTHORIZATION: 'Bearer any',
  M1_API_KEY: 'an-api-key-of-20-characters-or-more',
  SHARED_SECRET: Buffer.from('a secret of forty-eight bytes or more, for HS384').toString('base64')
}

/** docs/configuration.md has its own tests, beside the tests of the schema that it is generated from. */
const pages = ['README.md', ...listPages('docs')].filter((page) => page !== 'docs/configuration.md')

for (const page of pages) {
  for (const [index, { text, heading }] of readConfigurations(page).entries()) {
    test(`${page}, ${heading}: configuration ${index + 1} of the page is valid`, async (t) => {
      const folder = await writeKeyFiles(t)
      t.notThrows(() => parse(completeConfig(text), { env, folder }), text)
    })
  }
}

test('there are configurations on the pages about keys, and they are found', (t) => {
  t.true(listPages('docs/keys').flatMap(readConfigurations).length >= 10)
})

function readConfigurations(page: string) {
  return readCodeBlocks(page).filter(({ info }) => info === 'yaml')
}

const PAGE = 'docs/checking.md'

/** The reasons in the first column of the table. */
function readTable(): string[] {
  return readPage(PAGE)
    .split('\n')
    .flatMap((line) => /^\| (`[a-z_`, ]+`) +\| [45]\d\d /.exec(line)?.[1] ?? [])
    .flatMap((cell) => [...cell.matchAll(/`([a-z_]+)`/g)].map(([, reason = '']) => reason))
}

/** The reasons that the code gives, other than those of callers without an API key. */
function readCode(): string[] {
  const folder = new URL('../../src/', import.meta.url)
  const files = ['check', 'revocation', 'keys', 'protocols'].flatMap((name) =>
    readdirSync(new URL(name, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(new URL(`${name}/${file}`, folder), 'utf8'))
  )
  // Requests to routes that issue have reasons of their own; those of a check have this one.
  const calls =
    /(?:invalidToken|insufficientScope)\([^;]*?, '([a-z_]+)'[,)]|reason: '([a-z_]+)'|invalidRequest\([^;]*?, '(request)'\)/g
  return files.flatMap((text) =>
    [...text.matchAll(calls)].map(([, called, set, request]) => called ?? set ?? request ?? '')
  )
}

test('the table of reasons has exactly the reasons of the code', (t) => {
  const given = new Set([...readCode(), 'check_unavailable'])
  t.deepEqual([...new Set(readTable())].sort(), [...given].sort())
})

test('the configuration on the page about reasons answers as the page shows', async (t) => {
  const [text = ''] = findCode(PAGE, 'Four ways', 'yaml')
  const [printed = ''] = findCode(PAGE, 'Reasons', 'text')
  const folder = await writeKeyFiles(t)
  const { url } = await startService(t, {
    config: JSON.stringify(completeConfig(text)).replace(/,\{"jwks"[^}]*\}/, ''),
    folder
  })
  const seconds = Math.floor(Date.now() / 1000)
  const claims = {
    iss: 'https://tokens.example.com',
    aud: 'orders',
    sub: 'ada',
    source: 'microservice',
    realm_access: { roles: ['clerk'] },
    iat: seconds,
    exp: seconds + 60
  }
  const check = (more: object) => {
    const header = '{"alg":"HS256","kid":"main"}'
    const authorization = makeToken(JSON.stringify({ ...claims, ...more }), { header })
    return send(`${url}/checkToken`, { headers: { authorization } })
  }
  const { status, headers, text: body } = await check({})
  t.is(
    printed.split('\n').slice(1).join('\n'),
    `HTTP/1.1 ${status} Forbidden\nWWW-Authenticate: ${headers['www-authenticate']}\n${body}`
  )
  t.is((await check({ scope: 'orders.read' })).status, 200)
})
