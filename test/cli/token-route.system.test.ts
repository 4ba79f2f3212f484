/** `token verify --config`, with revocations in a Redis that a service shares: the built program. */
import test, { type ExecutionContext } from 'ava'
import { writeConfig } from '../helpers/folder.ts'
import { runProgram } from '../helpers/program.ts'
import { startRedis } from '../helpers/redis.ts'
import { startRedisReplica } from '../helpers/revocations.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

async function verify(t: ExecutionContext, port: number, jti: string) {
  const file = await writeConfig(
    t,
    JSON.stringify({
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      revocation: { store: `redis://127.0.0.1:${port}` },
      routes: [{ check: '/checkToken', verify: [{ keys: 'all' }] }]
    })
  )
  const token = makeToken(JSON.stringify({ jti, exp: 9_999_999_999 }))
  const args = ['token', 'verify', '--config', file, '--route', '/checkToken', token]
  return runProgram(t, { args, env: { ENC_KEY } }).exit()
}

test('a token revoked in Redis is rejected, another passes, and without Redis none does', async (t) => {
  const redis = await startRedis(t)
  const { revoke } = await startRedisReplica(t, redis.port)
  await revoke('revoked-1')
  const revoked = await verify(t, redis.port, 'revoked-1')
  t.is(revoked.code, 1)
  t.regex(revoked.stdout, /^FAIL revocation: Token is revoked \(revoked\)$/m)
  t.regex(revoked.stdout, /^rejected: 401 Token is revoked$/m)

  const good = await verify(t, redis.port, 'another')
  t.deepEqual([good.code, good.stderr], [0, ''])
  t.regex(good.stdout, /^ok {3}revocation: passed$/m)

  await redis.kill()
  const unknown = await verify(t, redis.port, 'another')
  t.is(unknown.code, 1)
  t.regex(unknown.stdout, /^\?\? {3}revocation: .*revocation store: /m)
  t.regex(unknown.stdout, /^unavailable: 503 /m)
})
