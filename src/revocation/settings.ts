/** The settings of revocation: the store, and what happens while it is unavailable. */
import * as z from 'zod'
import type { Address } from '../remote/address.ts'
import { duration } from '../settings/quantities.ts'
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
          'How long tokens are still checked with the revocations in memory.'
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
        `Where revocations and the state of refresh tokens are kept: ${STORE_NOTATIONS}. Use a reference for a URL with a password. Default: memory, which ends with the process.`
      )
      .prefault('memory'),
    tls: remoteTlsSchema(reader)
      .optional()
      .describe('TLS of a rediss:// store. The certificate of Redis is always verified.'),
    whenUnavailable: whenUnavailable
      .default('closed')
      .describe(
        'What happens to checks while the store is out of reach: `closed` answers 503 at once, `{ openFor: 30s }` answers from the list in memory for that long, and 503 after it. Default: closed.'
      ),
    skew: duration('0s', '1h')
      .prefault('60s')
      .describe(
        'How long after its `exp` a revoked token is remembered: the most that the clock of a service that checks it is wrong by. Default: 60s.'
      ),
    keep: duration('1m', '36500d')
      .optional()
      .describe(
        'How long a revoked subject is remembered: at least as long as a token of it lives, those of other issuers included. Default: the longest lifetime of a token or refresh token that is issued here, at least 30d; for good where a route checks tokens with `requireExp: false` and no `maxAge`.'
      )
  })
}

/** Where the store is reached, if it is on another machine. */
export function addressesOfRevocation({ store, tls }: RevocationConfig): readonly Address[] {
  const address = addressOfStore(store)
  return address === undefined ? [] : [{ ...address, setting: ['store'], tls }]
}
