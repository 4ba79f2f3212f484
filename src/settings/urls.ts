/** Settings that are the address of an HTTP service. */
import * as z from 'zod'
import { flag } from './quantities.ts'

/** The address of an HTTP service. */
export const httpUrl = z
  .string('expected an http:// or https:// URL')
  .meta({ title: 'an http:// or https:// URL' })
  .superRefine((text, context) => {
    const fault = urlFault(text)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault })
  })

function urlFault(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    return isPortWrong(text)
      ? 'expected a URL with a port from 1 to 65535'
      : 'expected an http:// or https:// URL'
  }
  if (url.username !== '' || url.password !== '') {
    return 'expected a URL without a user name and password'
  }
  if (url.hash !== '') return 'expected a URL without a fragment (#)'
  return undefined
}

const PORT = /^(https?:\/\/(?:\[[^\]]*\]|[^:/?#]*)):\d+(?=[/?#]|$)/i

/** Whether it would be a URL without its port. */
function isPortWrong(text: string): boolean {
  return PORT.test(text) && URL.canParse(text.replace(PORT, '$1'))
}

/** For URLs whose replies decide about access: they are https:// unless `allowHttp` is set. */
export const PLAIN_HTTP = 'expected an https:// URL; plain http:// needs allowHttp: true'

export const allowHttp = flag
  .prefault(false)
  .describe(
    'Whether the URL may be plain http://, for a network that is secured in another way. Default: false.'
  )

/** Whether a URL may be used. */
export function isAllowed(url: string, allowHttp: boolean): boolean {
  return allowHttp || !URL.canParse(url) || new URL(url).protocol !== 'http:'
}
