/** The settings of revocation: where it is kept, and what happens while that is out of reach. */
import * as z from 'zod'
import { duration } from '../settings/quantities.ts'
import { material, type SecretReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { remoteTlsSchema } from '../settings/tls.ts'

export type RevocationConfig = z.output<ReturnType<typeof revocationSchema>>

const STORES = 'memory, file:/path, redis://host:6379/0 or rediss://host:6379/0'

const WHEN_UNAVAILABLE = 'closed, or { openFor: 30s }'
const whenUnavailable = z
  .union(
    [
      z.literal('closed'),
      section({
        openFor: duration('1s', '1h').describe(
          'How long tokens are still checked, with what is known of revocations.'
        )
      })
    ],
    `expected ${WHEN_UNAVAILABLE}`
  )
  .meta({ title: WHEN_UNAVAILABLE })

export function revocationSchema(reader: SecretReader) {
  return section({
    store: material(reader)
      .transform((text, context) => {
        const store = parseStore(text, reader)
        if (store !== undefined) return store
        context.addIssue({ code: 'custom', message: `expected ${STORES}` })
        return z.NEVER
      })
      .describe(
        `Where revocations and the state of refresh tokens are kept: ${STORES}. A URL with a password is better a reference. Default: memory, which ends with the process.`
      )
      .prefault('memory'),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of a rediss:// store. The certificate of Redis is always verified.'),
    whenUnavailable: whenUnavailable
      .default('closed')
      .describe(
        'What happens to checks while the store is out of reach: `closed` answers 503 at once, `{ openFor: 30s }` answers with what is known for that long, and 503 after it. Default: closed.'
      ),
    skew: duration('0s', '1h')
      .prefault('60s')
      .describe(
        'How long after its `exp` a revoked token is remembered: the most that a clock is wrong by where it is checked. Default: 60s.'
      ),
    keep: duration('1m', '36500d')
      .optional()
      .describe(
        'How long a revoked subject is remembered: at least as long as a token of it lives, those of other issuers included. Default: the longest lifetime of a token or refresh token that is issued here, at least 30d; for good where a route checks tokens with `requireExp: false` and no `maxAge`.'
      )
  })
}

function parseStore(text: string, reader: SecretReader) {
  if (text === 'memory') return { kind: 'memory' as const }
  if (text.startsWith('file:') && text.length > 'file:'.length) {
    return { kind: 'file' as const, folder: reader.resolve(text.slice('file:'.length)) }
  }
  return parseRedisUrl(text)
}

/** `redis://user:password@host:6379/0`; what else a URL may have has no meaning here, and is refused. */
function parseRedisUrl(text: string) {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol)) return undefined
  const database = /^\/?(\d{0,3})$/.exec(url.pathname)?.[1]
  if (database === undefined || url.hostname === '' || url.search + url.hash !== '') {
    return undefined
  }
  const [username, password] = [decodePart(url.username), decodePart(url.password)]
  if (username === undefined || password === undefined) return undefined
  return {
    kind: 'redis' as const,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    database: Number(database),
    username: username === '' ? undefined : username,
    password: password === '' ? undefined : password,
    isTls: url.protocol === 'rediss:'
  }
}

function decodePart(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
