/** A service that checks tokens, and a client that asks it. */
import type { ExecutionContext } from 'ava'
import { checkConfig } from './check-config.ts'
import { send } from './http.ts'
import { startService } from './service.ts'
import { makeToken } from './tokens.ts'

/** Starts a service with a check route in Okera's format, unless a test sets another. */
export async function startChecking(
  t: ExecutionContext,
  check: Record<string, unknown>,
  env: Record<string, string> = {}
) {
  const service = await startService(t, {
    config: checkConfig({ check: { protocol: 'okera', ...check } }),
    env
  })
  const ask = (claims: string) =>
    send(`${service.url}/check`, {
      method: 'POST',
      headers: { authorization: `Bearer ${makeToken(claims)}` }
    })
  const claimsOf = async (claims: string) => JSON.parse((await ask(claims)).text)
  return { ...service, ask, claimsOf }
}
