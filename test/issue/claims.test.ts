import test from 'ava'
import { RESERVED_CLAIMS } from '../../src/issue/claims.ts'
import { fullConfig } from '../helpers/config-texts.ts'
import { startService } from '../helpers/service.ts'

test('the claims of the signing step and the mark of a service bearer are reserved', (t) => {
  t.deepEqual([...RESERVED_CLAIMS], ['iat', 'nbf', 'exp', 'jti', 'txtoken_use'])
})

for (const claim of RESERVED_CLAIMS) {
  test(`a reply under ${claim} would be lost, so this does not start`, async (t) => {
    const config = fullConfig('http://127.0.0.1:1/', { source: { at: claim } })
    const error = await t.throwsAsync(startService(t, { config }), { name: 'ConfigError' })
    t.regex(error?.message ?? '', /routes\[0\]\.claims\[0\]\.at: .*the service itself/)
  })
}
