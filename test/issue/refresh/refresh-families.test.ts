import test from 'ava'
import { createRefreshFamilies } from '../../../src/issue/refresh/refresh-families.ts'
import { createMemoryStore } from '../../../src/revocation/stores/memory-store.ts'
import { createFakeClock } from '../../helpers/fake-clock.ts'

const NO_CLAIMS = { before: new Map(), remote: new Map(), after: new Map() }

test('of more tokens than a family keeps, the oldest is revoked, and an expired one is not', async (t) => {
  const clock = createFakeClock()
  const revoked: string[] = []
  const families = createRefreshFamilies({
    records: createMemoryStore(clock).records,
    revoke: { token: async (_issuer, id) => void revoked.push(id) },
    isSubjectRevoked: () => false,
    route: 'main /token',
    lifetimeMs: 1e9,
    longestUseMs: 1000,
    now: clock.now
  })
  const content = (id: string, seconds = 3600) => ({
    claims: NO_CLAIMS,
    token: { issuer: undefined, id, expiresAt: clock.now() / 1000 + seconds }
  })
  let token = await families.begin(content('short', 10))
  clock.jump(10_000)
  for (let count = 1; count <= 100; count++) {
    token = await families.rotate(await families.take(token), content(`token ${count}`))
  }
  t.deepEqual(revoked, [])
  await families.rotate(await families.take(token), content('one more'))
  t.deepEqual(revoked, ['token 1'])
})
