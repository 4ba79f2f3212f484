/** A service that issues refresh tokens, and requests of its clients. */
import type { ExecutionContext } from 'ava'
import { post, send } from './http.ts'
import { replying, startRemote, type TestRemote } from './remote.ts'
import { startService, type TestService } from './service.ts'
import { readToken } from './tokens.ts'

const API_KEY = 'an API key of the operators'

export interface JsonRemote extends TestRemote {
  /** Its reply from now on. */
  readonly reply: (body: string, status?: number) => void
  /** Keeps the next request waiting until the returned function is called. */
  readonly hold: () => () => void
}

/** A remote for logins and for refreshing. */
export async function startJsonRemote(t: ExecutionContext): Promise<JsonRemote> {
  let answer = replying('{"id":1,"n":1.0}')
  let held: Promise<void> | undefined
  const remote = await startRemote(t, async (response) => {
    const [waiting, write] = [held, answer]
    held = undefined
    await waiting
    write(response)
  })
  return {
    ...remote,
    reply(body, status) {
      answer = replying(body, status)
    },
    hold() {
      let letGo = () => {}
      held = new Promise((resolve) => {
        letGo = resolve
      })
      return letGo
    }
  }
}

interface StartOptions {
  store?: string
  /** `revocation.entries` */
  entries?: number
  now?: () => number
  /** More settings of the remote source. */
  source?: object
}

export async function startRefreshing(
  t: ExecutionContext,
  remote: TestRemote,
  { store = 'memory', entries, now, source = {} }: StartOptions = {}
): Promise<TestService> {
  return startService(t, {
    ...(now !== undefined && { now }),
    config: JSON.stringify({
      issuer: 'https://tokens.example.com',
      keys: [{ alg: 'HS256', secret: '${ENC_KEY}' }],
      revocation: { store, entries },
      routes: [
        {
          issue: '/getToken',
          statuses: 'relay',
          lifetime: '1d',
          claims: [
            { from: 'fixed', set: { sub: 'alice', tier: 1 } },
            {
              from: 'remote',
              url: remote.url,
              at: 'data',
              bearer: { authorization: 'internal' },
              ...source
            },
            { from: 'fixed', set: { tier: 2 } }
          ],
          refresh: { route: '/refreshToken', recheck: new URL('/recheck', remote.url).href }
        },
        { check: '/checkToken', verify: [{ keys: 'all' }] },
        { revoke: '/revokeToken', auth: { apiKeys: [API_KEY] } }
      ]
    })
  })
}

export async function login(url: string): Promise<{ token: string; refresh_token: string }> {
  return JSON.parse((await post(`${url}/getToken`, '{}')).text)
}

export function refresh(url: string, token: string) {
  return post(`${url}/refreshToken`, `grant_type=refresh_token&refresh_token=${token}`)
}

export async function check(url: string, token: string): Promise<number> {
  return (await send(`${url}/checkToken`, { headers: { authorization: `Bearer ${token}` } })).status
}

export function revoke(url: string, body: string) {
  return send(`${url}/revokeToken`, { method: 'POST', headers: { 'api-key': API_KEY }, body })
}

export function claimsOf(token: string): { jti?: string } {
  return JSON.parse(readToken(token).payload)
}
