/** Tokens with the whole reply and a subject in them, in both forms of the configuration. */
import test from 'ava'
import { readConfig } from '../../../../src/config/load.ts'
import { parse, problemsOf } from '../../../helpers/config.ts'
import { post } from '../../../helpers/http.ts'
import { replying, startRemote } from '../../../helpers/remote.ts'
import { startService } from '../../../helpers/service.ts'
import { ENC_KEY, readToken } from '../../../helpers/tokens.ts'

const SOURCE = { from: 'remote', url: 'http://login.example.com', at: 'data' }
const KEYS = [{ alg: 'HS256', secret: ENC_KEY }]

test('subject of the flat form is the sub of its tokens, beside the data', async (t) => {
  const remote = await startRemote(t, replying('{"user":{"id":17}}'))
  const config = { encKey: ENC_KEY, remote: remote.url, subject: 'user.id' }
  const { url } = await startService(t, { config: JSON.stringify(config) })
  const { token } = JSON.parse((await post(`${url}/getToken`, '{}')).text)
  t.like(JSON.parse(readToken(token).payload), { data: { user: { id: 17 } }, sub: '17' })
})

test('a reply without the subject is an error, unless the path ends with a question mark', async (t) => {
  const remote = await startRemote(t, replying('{"user":{}}'))
  for (const [subject, status] of [
    ['user.id', 500],
    ['user.id?', 200]
  ] as const) {
    const config = { encKey: ENC_KEY, remote: remote.url, subject }
    const { url } = await startService(t, { config: JSON.stringify(config) })
    t.is((await post(`${url}/getToken`, '{}')).status, status, subject)
  }
})

test('a wrong subject is reported, and so is a subject in the full form', (t) => {
  const remote = 'http://login.example.com'
  t.deepEqual(problemsOf(t, { encKey: ENC_KEY, remote, subject: 'user..id' }), [
    'subject: expected a path such as user.name; a backslash goes before a dot that belongs to a name'
  ])
  t.deepEqual(
    problemsOf(t, { keys: KEYS, routes: [{ issue: '/a', claims: [SOURCE] }], subject: 'a' }),
    ['subject: a key of the flat form, expected pick: { sub: ... } of a remote']
  )
  t.notThrows(() => parse({ encKey: ENC_KEY, remote, subject: 'a\\.b?' }))
})

const AUTH = { apiKeys: ['an-api-key-of-20-characters'] }

/** The warnings about a route that revokes beside a route that issues. */
function warningsOf(issue: object, revoke: object = { auth: AUTH }) {
  const config = {
    keys: [{ kid: 'main', alg: 'HS256', secret: ENC_KEY }],
    revocation: { store: 'memory' },
    routes: [
      { issue: '/getToken', claims: [SOURCE], ...issue },
      { revoke: '/revoke', ...revoke }
    ]
  }
  return readConfig(config, { env: {} }).warnings?.map(
    ({ kind, path }) => `${kind} ${path.join('.')}`
  )
}

test('revoking subjects is advised against where tokens have none', (t) => {
  const warning = ['no_subject routes.1.revoke']
  t.deepEqual(warningsOf({}), warning)
  t.deepEqual(warningsOf({ protocol: 'oauth' }), warning)
  t.deepEqual(warningsOf({ claims: [{ ...SOURCE, pick: { name: 'name' } }] }), warning)
  t.deepEqual(warningsOf({ claims: [{ ...SOURCE, pick: { sub: 'user.id' } }] }), [])
  t.deepEqual(warningsOf({ claims: [SOURCE, { from: 'fixed', set: { sub: 'a' } }] }), [])
  t.deepEqual(warningsOf({}, {}), [])
  const { at: _, ...call } = SOURCE
  const krakend = { protocol: 'krakend', claims: [call], sign: ['user'], lifetime: '1h' }
  t.deepEqual(warningsOf(krakend), [])
})
