/** A service whose JWK Set has keys of several types, with one token that foreign verifiers must accept and others that they must reject. */
import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { type JWTPayload, SignJWT } from 'jose'
import { writeKeyFiles } from './key-recipes.ts'
import { runService } from './program.ts'
import { replying, startRemote } from './remote.ts'

/** The URL of the JWK Set on the pages. */
export const JWKS_URL = 'http://txtoken:8888/.well-known/jwks.json'

const ISSUER = 'https://tokens.example.com'

/** Starts it with keys for RS256, for EdDSA, and for ES256, which signs. */
export async function startTokenIssuer(t: ExecutionContext) {
  const loginApi = await startRemote(t, replying('{"id":1,"name":"Ada"}'))
  const folder = await writeKeyFiles(t)
  const file = (name: string) => ({ file: join(folder, name) })
  const service = await runService(
    t,
    JSON.stringify({
      listen: { main: { port: 0, host: '127.0.0.1' } },
      issuer: ISSUER,
      keys: [
        { kid: 'rs', alg: 'RS256', private: file('rs-2026.pem') },
        { kid: 'ed', alg: 'EdDSA', private: file('ed-2026.pem') },
        { kid: 'es', alg: 'ES256', private: file('es-2026.pem') }
      ],
      routes: ['es', 'rs'].map((key) => ({
        issue: `/${key}`,
        key,
        claims: [
          { from: 'remote', url: loginApi.url, at: 'data', bearer: { authorization: 'internal' } }
        ],
        lifetime: '1h'
      }))
    })
  )
  const issue = async (key: string) => {
    const issued = await fetch(`${service.url}/${key}`, { method: 'POST', body: '{}' })
    return ((await issued.json()) as { token: string }).token
  }
  const token = await issue('es')
  const bearer = loginApi.requests[0]?.headers.authorization?.slice('Bearer '.length) ?? ''
  const key = createPrivateKey(await readFile(join(folder, 'es-2026.pem')))
  const sign = (claims: JWTPayload) =>
    new SignJWT({ data: { id: 1, name: 'Ada' }, ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', kid: 'es' })
      .sign(key)
  const seconds = Math.floor(Date.now() / 1000)
  const [header, payload = '', signature] = token.split('.')
  const changed = Buffer.from(payload, 'base64url').toString().replace('Ada', 'Eve')
  return {
    url: service.url,
    token,
    /** By their defect. All but the first are signed with a key of the set. */
    bad: {
      forged: `${header}.${Buffer.from(changed).toString('base64url')}.${signature}`,
      'of an algorithm that is not expected': await issue('rs'),
      expired: await sign({ iss: ISSUER, iat: seconds - 7200, exp: seconds - 3600 }),
      'without exp': await sign({ iss: ISSUER, iat: seconds }),
      'of another issuer': await sign({ iss: 'https://evil.example', exp: seconds + 3600 }),
      'without iss': await sign({ exp: seconds + 3600 }),
      'the service bearer': bearer
    }
  }
}
