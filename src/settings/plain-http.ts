/** URLs whose replies decide who gets in, and which are therefore https:// unless it is said otherwise. */
import { flag } from './fields.ts'

export const PLAIN_HTTP = 'expected an https:// URL; plain http:// needs allowHttp: true'

export const allowHttp = flag
  .prefault(false)
  .describe(
    'Whether the URL may be plain http://, for a network that is safe by other means. Default: false.'
  )

/** Whether a URL may be used as it is. */
export function isAllowed(url: string, allowHttp: boolean): boolean {
  return allowHttp || !URL.canParse(url) || new URL(url).protocol !== 'http:'
}
