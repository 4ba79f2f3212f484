/** Groups of a checked token, with a real directory among their places. */
import test from 'ava'
import { startChecking } from '../../helpers/checking.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { GROUPS, LDAP_BIND, PEOPLE, startSlapd } from '../../helpers/slapd.ts'

const EXP = '"exp":4000000000'

test('groups come from the first place that has an answer: token, directory, endpoint', async (t) => {
  const slapd = await startSlapd(t)
  const remote = await startRemote(t, (response, { url }) =>
    url === '/groups/zoe' ? replying('["Guests","guests"]')(response) : replying('', 404)(response)
  )
  const ldap = {
    from: 'ldap',
    url: slapd.url,
    startTls: false,
    bindDn: LDAP_BIND.dn,
    password: { env: 'LDAP_PASSWORD' },
    base: PEOPLE,
    filter: '(uid={sub})',
    memberships: { base: GROUPS },
    timeout: '30s'
  }
  const endpoint = {
    from: 'endpoint',
    url: remote.url.replace('/login', '/groups/{sub}'),
    allowHttp: true,
    headers: { 'X-Api-Key': { env: 'GROUPS_KEY' } }
  }
  const groups = [{ from: 'token' }, ldap, endpoint]
  const { ask, claimsOf, log } = await startChecking(
    t,
    { groups },
    { LDAP_PASSWORD: LDAP_BIND.password, GROUPS_KEY: 'let me in' }
  )
  t.deepEqual((await claimsOf(`{"sub":"ada","groups":["Root","ROOT"],${EXP}}`)).groups, ['Root'])
  t.deepEqual((await claimsOf(`{"sub":"ada",${EXP}}`)).groups.toSorted(), ['Admins, Sons', 'staff'])
  t.deepEqual((await claimsOf(`{"sub":"zoe",${EXP}}`)).groups, ['Guests'])
  t.deepEqual((await claimsOf(`{"sub":"nobody",${EXP}}`)).groups, [])
  t.is(remote.requests[0]?.headers['x-api-key'], 'let me in')
  t.is(remote.requests.length, 2)

  // Ada is cached for a while; for others the check is unavailable, and no other place is asked.
  await slapd.kill()
  t.is((await claimsOf(`{"sub":"ada",${EXP}}`)).groups.length, 2)
  t.is((await ask(`{"sub":"grace",${EXP}}`)).status, 503)
  t.is(remote.requests.length, 2)
  t.regex(JSON.stringify(log.at(-1)?.cause), /ECONNREFUSED|closed/)
  t.false(JSON.stringify(log).includes(LDAP_BIND.password))
})
