import test from 'ava'
import { send } from '../../helpers/http.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY, makeToken } from '../../helpers/tokens.ts'

const END = Date.parse('2026-12-01T00:00:00Z')

for (const cache of ['2MiB', '0B']) {
  test(`tokens are rejected once their key has expired (cache: ${cache})`, async (t) => {
    let now = END - 1
    const config = JSON.stringify({
      keys: [
        { kid: 'a', alg: 'HS256', secret: '${ENC_KEY}', until: '2026-12-01' },
        { kid: 'b', alg: 'HS256', secret: `${ENC_KEY} of another` }
      ],
      routes: [{ check: '/checkToken', verify: [{ keys: 'all' }], cache }]
    })
    const service = await startService(t, { config, now: () => now })
    const authorization = makeToken(JSON.stringify({ exp: END }))
    const ask = () => send(`${service.url}/checkToken`, { headers: { authorization } })
    const first = await ask()
    t.is(first.status, 200)
    t.is((await ask()).text, first.text)
    now = END
    t.is((await ask()).status, 401)
  })
}
