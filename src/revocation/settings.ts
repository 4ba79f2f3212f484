/** The settings of revocation: the store, and what happens while it is unavailable. */
import * as z from 'zod'
import type { Address } from '../remote/address.ts'
import { duration, integer } from '../settings/quantities.ts'
import { material, type SecretReader } from '../settings/secrets.ts'
import { section } from '../settings/section.ts'
import { remoteTlsSchema } from '../settings/tls.ts'
import { addressOfStore, parseStore, STORE_NOTATIONS } from './stores/stores.ts'

export type RevocationConfig = z.output<ReturnType<typeof revocationSchema>>

const WHEN_UNAVAILABLE = 'closed, or { openFor: 30s }'
const whenUnavailable = z
  .union(
    [
      z.literal('closed'),
      section({
        openFor: duration('1s', '1h').describe(
          'How long tokens are still checked against the revocations in memory.'
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
        context.addIssue({ code: 'custom', message: `expected ${STORE_NOTATIONS}` })
        return z.NEVER
      })
      .describe(
        `Where revocations and the state of refresh tokens are kept: ${STORE_NOTATIONS}. Use a reference for a URL with a password. Default: memory, which is lost when the process ends.`
      )
      .prefault('memory'),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe(
        'TLS of a rediss:// store, to Redis and to Sentinels. Certificates are always verified.'
      ),
    whenUnavailable: whenUnavailable
      .default('closed')
      .describe(
        'What checks do while the store is unreachable: `closed` answers 503 at once; `{ openFor: 30s }` uses the list in memory for that long, and then answers 503. Default: closed.'
      ),
    entries: integer(1, 10_000_000)
      .prefault(250_000)
      .describe(
        'The most revocations that are kept at once. Each takes up to 200 bytes of memory in every process. When the store is full, revoking answers 503; no revocation is dropped. Default: 250000.'
      ),
    skew: duration('0s', '1h')
      .prefault('60s')
      .describe(
        'How long a revocation is kept after the `exp` of its token. Set it to the largest clock error of the services that check tokens. Default: 60s.'
      ),
    keep: duration('1m', '36500d')
      .optional()
      .describe(
        'How long the revocation of a subject is kept. Set it to at least the longest lifetime of a token, of other issuers too. Default: the longest lifetime of a token or refresh token that is issued here, at least 30d; forever where a route checks tokens without an `exp` (`requireExp: false`, or opaque ones) and with no `maxAge`.'
      )
  })
}

/** Where the store is reached, if it is outside of this process. */
export function addressesOfRevocation({ store, tls }: RevocationConfig): readonly Address[] {
  const address = addressOfStore(store, tls)
  return address === undefined ? [] : [{ ...address, setting: ['store'], tls }]
}
