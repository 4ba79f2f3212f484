/** The `cors` of a listener: pages of which origins may call it. */
import * as z from 'zod'
import { headerName } from '../settings/headers.ts'
import { EVERY_ORIGIN, origin } from '../settings/origins.ts'
import { flag, wholeSeconds } from '../settings/quantities.ts'
import { section } from '../settings/section.ts'

export type CorsConfig = z.output<typeof corsSchema>

export const corsSchema = section({
  origins: z
    .array(origin, 'expected a list of origins')
    .min(1, 'expected at least one origin')
    .refine((origins) => new Set(origins).size === origins.length, {
      error: 'expected each origin once'
    })
    .refine((origins) => !origins.includes(EVERY_ORIGIN) || origins.length === 1, {
      error: 'expected * alone, or origins'
    })
    .describe(
      'The origins of pages that may read answers, such as `https://app.example.com`, and `https://*.example.com` for all hosts below. Scheme and port have to match. `*` is every origin, without cookies.'
    ),
  credentials: flag
    .prefault(false)
    .describe(
      'Whether browsers may send and keep cookies with such requests. Not with the origin `*`. Default: false.'
    ),
  headers: z
    .array(
      headerName.refine((name) => name !== '*', { error: 'expected the name of a header' }),
      'expected a list of headers'
    )
    .default([])
    .describe(
      'Header fields that pages may send beside `Authorization`, `Content-Type` and `X-Request-Id`. Default: none.'
    ),
  maxAge: wholeSeconds('0s', '1d')
    .prefault('10m')
    .describe(
      'How long browsers may keep what a preflight allows; Chromium keeps it for two hours at most. Default: 10m.'
    )
}).refine(({ origins, credentials }) => !credentials || !origins.includes(EVERY_ORIGIN), {
  error: 'expected the origins that may send cookies, found *',
  path: ['origins']
})
