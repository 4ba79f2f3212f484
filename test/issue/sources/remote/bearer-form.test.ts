import { generateKeyPairSync } from 'node:crypto'
import test, { type ExecutionContext } from 'ava'
import { createTokenChecker } from '../../../../src/client/client.ts'
import { readConfig } from '../../../../src/config/load.ts'
import { ConfigError } from '../../../../src/config/problems.ts'
import { flatConfig, fullConfig } from '../../../helpers/config-texts.ts'
import { send } from '../../../helpers/http.ts'
import { replying, startRemote } from '../../../helpers/remote.ts'
import { startService } from '../../../helpers/service.ts'
import { ENC_KEY, readToken } from '../../../helpers/tokens.ts'

const NOW = 1_893_456_000
const PEM = { type: 'pkcs8', format: 'pem' } as const
const EC = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(PEM)

/** Logs in, and returns the bearer that the remote got. */
async function takeBearer(t: ExecutionContext, configOf: (remote: string) => string) {
  const remote = await startRemote(t, replying('{}'))
  const config = configOf(remote.url)
  const service = await startService(t, { config, now: () => NOW * 1000 })
  const { status } = await send(`${service.url}/getToken`, { method: 'POST', body: '{}' })
  t.is(status, 200)
  const bearer = String(remote.requests[0]?.headers.authorization).replace('Bearer ', '')
  return { service, bearer, origin: new URL(remote.url).origin, ...readToken(bearer) }
}

test('in the full form the service bearer has a typ and an aud of its own', async (t) => {
  const { header, payload, origin } = await takeBearer(t, fullConfig)
  t.is(header, '{"alg":"HS256","typ":"service-bearer+jwt"}')
  t.is(
    payload,
    `{"data":{"authorization":"internal"},"txtoken_use":"service-bearer","aud":"${origin}","exp":${NOW + 3600}}`
  )
})

test('in the flat form the service bearer is byte for byte as in the original program', async (t) => {
  const { header, payload } = await takeBearer(t, flatConfig)
  t.is(header, '{"alg":"HS256","typ":"JWT"}')
  t.is(
    payload,
    `{"data":{"authorization":"internal"},"txtoken_use":"service-bearer","exp":${NOW + 3600}}`
  )
})

for (const [form, configOf] of [
  ['typed', fullConfig],
  ['original', flatConfig]
] as const) {
  test(`check routes and the client reject a service bearer of the ${form} form`, async (t) => {
    const { service, bearer } = await takeBearer(t, configOf)
    const headers = { authorization: `Bearer ${bearer}` }
    t.is((await send(`${service.url}/checkToken`, { headers })).status, 401)
    const checker = createTokenChecker({ secret: ENC_KEY, now: () => NOW * 1000 })
    t.teardown(checker.close)
    await t.throwsAsync(checker.check(bearer), { message: /service bearer/ })
  })
}

const KEYS = [
  { kid: 'tokens', alg: 'ES256', private: EC },
  { kid: 'bearer', alg: 'HS256', secret: ENC_KEY }
]

test('the service bearer may have a key of its own', async (t) => {
  const { header } = await takeBearer(t, (remote) =>
    fullConfig(remote, { source: { bearerKey: 'bearer' }, more: { keys: KEYS } })
  )
  t.is(header, '{"alg":"HS256","typ":"service-bearer+jwt","kid":"bearer"}')
})

test('a service bearer that is signed with a published key is advised against', (t) => {
  const kindsOf = (source: object, keys: readonly object[] = KEYS) =>
    readConfig(fullConfig('http://a/', { source: { ...source }, more: { keys } }), {
      env: {}
    }).warnings?.map(({ kind, path }) => `${kind} ${path.join('.')}`)
  t.deepEqual(kindsOf({}), ['published_bearer_key routes.0.claims.0.bearer'])
  t.deepEqual(kindsOf({ bearerKey: 'tokens' }), ['published_bearer_key routes.0.claims.0.bearer'])
  t.deepEqual(kindsOf({ bearerKey: 'bearer' }), [])
  t.deepEqual(kindsOf({ bearer: undefined }), [])
  t.deepEqual(kindsOf({}, [{ kid: 'tokens', alg: 'ES256', private: EC, publish: false }]), [])
})

for (const [what, options, message] of [
  [
    'a key that is not there',
    { source: { bearerKey: 'none' } },
    /routes\[0\]\.claims\[0\]\.bearerKey: there is no key/
  ],
  [
    'a key without a bearer',
    { source: { bearer: undefined, bearerKey: 'tokens' } },
    /bearerKey: only goes with bearer/
  ],
  ['another form', { source: { bearerForm: 'plain' } }, /bearerForm: expected typed or original/],
  [
    'tokens of the type of bearers',
    { issue: { typ: 'application/Service-Bearer+JWT' } },
    /typ: expected another type/
  ]
] as const) {
  test(`${what} does not start`, (t) => {
    const config = fullConfig('http://a/', { ...options, more: { keys: KEYS } })
    t.throws(() => readConfig(config, { env: {} }), { instanceOf: ConfigError, message })
  })
}
