/** The setting of a proxy for the calls to one address. */
import * as z from 'zod'
import { isProxySetting, PROXY_EXPECTED } from '../remote/proxy/proxies.ts'

export const proxy = z
  .string(PROXY_EXPECTED)
  .meta({ title: 'none, or the http:// or https:// URL of a proxy' })
  .refine(isProxySetting, { error: PROXY_EXPECTED })
  .optional()
  .describe(
    'The proxy that calls go through: its URL, with user name and password if it needs them, or `none`. Default: the one in the variables `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as curl reads them.'
  )
