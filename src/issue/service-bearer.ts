/** The service bearer: the preset token that shows the remote that a call comes from this service. */
import type { JsonText } from '../json/json-text.ts'
import type { Signer } from '../keys/key-store.ts'
import { BEARER_MARK } from '../service-bearer-mark.ts'

/** How long one bearer is valid, and how long before it expires the next one replaces it. */
export const SERVICE_BEARER_LIFETIME_SECONDS = 3600
const RENEWAL_SECONDS = 600

export interface ServiceBearerOptions {
  /** The `data` claim. */
  readonly data: JsonText
  readonly signer: Signer
  /** The `aud` claim; none when left out. */
  readonly audience?: string | undefined
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Makes a function that returns the value of the Authorization header to send now (RFC 6750, section 2.1). The bearer is signed once and renewed before it expires, by the call
 * that finds it old: there is no timer. It carries a mark that issued tokens never have, so that neither can be used as
 * the other although both may be signed with one key (RFC 8725, section 3.12).
 */
export function createServiceBearer({
  data,
  signer,
  audience,
  now
}: ServiceBearerOptions): () => Promise<string> | string {
  const aud = audience === undefined ? '' : `,"aud":${JSON.stringify(audience)}`
  const claims = `"data":${data},"${BEARER_MARK.claim}":"${BEARER_MARK.value}"${aud}`
  let current: { readonly value: Promise<string> | string; readonly renewAt: number } | undefined

  return function serviceBearer() {
    const seconds = Math.floor(now() / 1000)
    if (current === undefined || seconds >= current.renewAt) {
      const token = signer(`{${claims},"exp":${seconds + SERVICE_BEARER_LIFETIME_SECONDS}}`)
      const value = token instanceof Promise ? token.then(toBearer) : toBearer(token)
      const made = { value, renewAt: seconds + SERVICE_BEARER_LIFETIME_SECONDS - RENEWAL_SECONDS }
      current = made
      if (value instanceof Promise) {
        // The caller reports a failure; the next call tries again.
        value.catch(() => {
          if (current === made) current = undefined
        })
      }
    }
    return current.value
  }
}

function toBearer(token: string): string {
  return `Bearer ${token}`
}
