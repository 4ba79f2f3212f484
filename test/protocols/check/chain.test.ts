import test from 'ava'
import { checkConfig } from '../../helpers/check-config.ts'
import { startChecking } from '../../helpers/checking.ts'
import { problemsOf } from '../../helpers/config.ts'
import { send } from '../../helpers/http.ts'
import { refusingUrl, replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY, makeToken } from '../../helpers/tokens.ts'

const EXP = '"exp":4000000000'

test('the answer of an endpoint becomes the claims, in the original format as well', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada","level":1e400}'))
  const verify = [{ endpoint: remote.url, allowHttp: true }]
  const { ask } = await startChecking(t, { verify, protocol: 'txtoken' })
  const { text, status } = await ask(`{"sub":"mallory",${EXP}}`)
  t.is(status, 200)
  t.true(text.includes(`"Claims":{"sub":"ada","level":1e400,${EXP}}`), text)
  const other = await ask('{"sub":"ada","exp":1}')
  t.is(other.text, '{"error":"Token is expired"}')
})

test('a rejected token ends the check, or goes to the next verifier where the route asks for it', async (t) => {
  const remote = await startRemote(t, replying('{}', 401))
  const verify = [{ endpoint: remote.url, allowHttp: true }, { keys: 'all' }]
  const strict = await startChecking(t, { verify })
  t.is((await strict.ask(`{"sub":"ada",${EXP}}`)).status, 401)
  const chain = await startChecking(t, { verify, onRefusal: 'next' })
  t.is((await chain.ask(`{"sub":"ada",${EXP}}`)).status, 200)
  t.is(remote.requests.length, 2)
})

test('an endpoint that does not answer ends the check, or the next verifier is tried where the route asks for it', async (t) => {
  const endpoint = await refusingUrl(t)
  const verify = [{ endpoint, allowHttp: true }, { keys: 'all' }]
  const strict = await startChecking(t, { verify, onRefusal: 'next' })
  t.is((await strict.ask(`{"sub":"ada",${EXP}}`)).status, 503)
  const chain = await startChecking(t, { verify, onUnavailable: 'next' })
  t.is((await chain.ask(`{"sub":"ada",${EXP}}`)).status, 200)
  // This service checks expiry itself, whichever verifier accepted the token.
  t.is((await chain.ask('{"sub":"ada","exp":1}')).status, 401)
})

test('a cached answer of an endpoint does not count for a token that has expired or is revoked', async (t) => {
  const remote = await startRemote(t, replying('{"sub":"ada"}'))
  const clock = { seconds: 1 }
  const verify = [{ endpoint: remote.url, allowHttp: true, cache: { for: '5m' } }]
  const { url } = await startService(t, {
    now: () => clock.seconds * 1000,
    config: JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      revocation: { store: 'memory' },
      routes: [
        { check: '/check', verify, skew: '5s' },
        { revoke: '/revoke', verify }
      ]
    })
  })
  const [ending, revoked] = [makeToken('{"jti":"a","exp":30}'), makeToken('{"jti":"b","exp":300}')]
  const check = async (token: string) =>
    (await send(`${url}/check`, { headers: { authorization: `Bearer ${token}` } })).text
  for (const token of [ending, ending, revoked, revoked])
    t.regex(await check(token), /"Valid":true/)
  t.is(remote.requests.length, 2)
  t.is((await send(`${url}/revoke`, { method: 'POST', body: `token=${revoked}` })).status, 200)
  const asked = remote.requests.length
  t.is(await check(revoked), '{"error":"Token is revoked"}')
  clock.seconds = 29
  t.regex(await check(ending), /"Valid":true/)
  t.is(remote.requests.length, asked)
  clock.seconds = 35
  t.is(await check(ending), '{"error":"Token is expired"}')
})

test('configured groups replace the groups of the token, and are not looked up for a rejected token', async (t) => {
  const remote = await startRemote(t, replying('', 404))
  const url = remote.url.replace('/login', '/groups/{sub}')
  const { ask, claimsOf } = await startChecking(t, {
    groups: [{ from: 'endpoint', url, allowHttp: true }],
    groupsCache: { for: '0s' }
  })
  const claims = `{"sub":"ada","groups":["root"],${EXP}}`
  t.deepEqual((await claimsOf(claims)).groups, [])
  await claimsOf(claims)
  t.is(remote.requests.length, 2)
  t.is((await ask('{"sub":"ada","groups":["root"],"exp":1}')).status, 401)
  t.is(remote.requests.length, 2)
})

test('a cached token still gets its groups, in the original format as well', async (t) => {
  const groups = ['staff']
  const remote = await startRemote(t, (response) => replying(JSON.stringify(groups))(response))
  const url = remote.url.replace('/login', '/groups/{sub}')
  const { claimsOf } = await startChecking(t, {
    protocol: 'txtoken',
    groups: [{ from: 'endpoint', url, allowHttp: true }],
    groupsCache: { for: '0s' }
  })
  const claims = `{"sub":"ada","groups":["root"],${EXP}}`
  t.deepEqual((await claimsOf(claims)).Claims.groups, ['staff'])
  groups.push('guests')
  t.deepEqual((await claimsOf(claims)).Claims.groups, ['staff', 'guests'])
})

test('required groups are checked each time, in every format', async (t) => {
  const groups = ['Admins']
  const remote = await startRemote(t, (response, { url }) =>
    replying(JSON.stringify(url === '/ada' ? groups : ['staff']))(response)
  )
  const check = {
    groups: [
      { from: 'endpoint', url: remote.url.replace('/login', '/{sub}'), allowHttp: true },
      { from: 'token' }
    ],
    groupsCache: { for: '0s' },
    require: { groups: 'admins' },
    reasons: true
  }
  const ada = `{"sub":"ada","groups":["none"],${EXP}}`
  const grace = `{"sub":"grace","groups":["admins"],${EXP}}`
  for (const protocol of ['txtoken', 'okera', 'forward-auth']) {
    groups.splice(0, 1, 'Admins')
    const { ask } = await startChecking(t, { protocol, ...check })
    for (const _time of [1, 2]) t.is((await ask(ada)).status, 200, protocol)
    groups.splice(0, 1, 'staff')
    for (const claims of [ada, grace]) {
      const { status, headers } = await ask(claims)
      t.is(status, 403, protocol)
      t.is(
        headers['www-authenticate'],
        'Bearer error="insufficient_scope", error_description="Subject is in no group that is required", reason="group"'
      )
    }
  }
  const asked = remote.requests.length
  const { ask } = await startChecking(t, check)
  t.is((await ask('{"sub":"ada","exp":1}')).status, 401)
  t.is(remote.requests.length, asked)
})

test('a route without groups cannot require any', (t) => {
  const config = checkConfig({ check: { require: { groups: ['admins'] } } })
  t.deepEqual(problemsOf(t, config, { env: { ENC_KEY } }), [
    'routes[0].require.groups: expected groups, which names where they are looked for'
  ])
})
