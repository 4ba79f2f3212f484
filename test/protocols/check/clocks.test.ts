import test, { type ExecutionContext } from 'ava'
import { flatConfig, fullConfig } from '../../helpers/config-texts.ts'
import { send } from '../../helpers/http.ts'
import { replying, startRemote } from '../../helpers/remote.ts'
import { startService } from '../../helpers/service.ts'

const NOW = 1_893_456_000_900

/** Starts two replicas, one with its clock ahead, and returns the answer of the other to a fresh token of it. */
async function checkElsewhere(t: ExecutionContext, aheadMs: number, config: string, at = NOW) {
  let time = NOW
  const ahead = await startService(t, { config, now: () => NOW + aheadMs })
  const other = await startService(t, { config, now: () => time })
  const issued = await send(`${ahead.url}/getToken`, { method: 'POST', body: '{}' })
  const { token } = JSON.parse(issued.text)
  time = at
  const headers = { authorization: `Bearer ${token}` }
  return (await send(`${other.url}/checkToken`, { headers })).status
}

for (const form of ['flat', 'full'] as const) {
  test(`${form} form: a fresh token passes at a replica whose clock is behind`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const config = form === 'flat' ? flatConfig(remote.url) : fullConfig(remote.url)
    t.is(await checkElsewhere(t, 2000, config), 200)
    t.is(await checkElsewhere(t, 59_000, config), 200)
    t.is(await checkElsewhere(t, 62_000, config), 401)
  })

  test(`${form} form: a token that has just expired passes for a few seconds`, async (t) => {
    const remote = await startRemote(t, replying('{}'))
    const config = form === 'flat' ? flatConfig(remote.url) : fullConfig(remote.url)
    t.is(await checkElsewhere(t, 0, config, NOW + 3_600_000 + 3000), 200)
    t.is(await checkElsewhere(t, 0, config, NOW + 3_600_000 + 6000), 401)
  })
}

test('a fresh token with an nbf passes at a replica whose clock is behind', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const config = fullConfig(remote.url, { issue: { notBefore: '0s' } })
  t.is(await checkElsewhere(t, 2000, config), 200)
})

test('the flat form has its own skew', async (t) => {
  const remote = await startRemote(t, replying('{}'))
  const end = NOW + 3_600_000
  t.is(await checkElsewhere(t, 0, flatConfig(remote.url, { skew: '0s' }), end), 401)
  t.is(await checkElsewhere(t, 0, flatConfig(remote.url, { skew: '2m' }), end + 100_000), 200)
})
