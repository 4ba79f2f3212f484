import { readdirSync, readFileSync } from 'node:fs'
import test from 'ava'
import { findCode, readPage } from '../helpers/documentation.ts'
import { send } from '../helpers/http.ts'
import { completeConfig, writeKeyFiles } from '../helpers/key-recipes.ts'
import { startService } from '../helpers/service.ts'
import { makeToken } from '../helpers/tokens.ts'

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

test('the table has every reason that the code gives, and no other', (t) => {
  const given = new Set([...readCode(), 'check_unavailable'])
  t.deepEqual([...new Set(readTable())].sort(), [...given].sort())
})

test('the configuration of the page answers as the page says', async (t) => {
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
