/** The setting by which a token is set as a cookie, too. */
import * as z from 'zod'
import { cookieName } from '../settings/headers.ts'
import { routePath } from '../settings/route-paths.ts'
import { section } from '../settings/section.ts'

const DOMAIN_EXPECTED = 'expected a domain such as example.com'

/** The prefix of a cookie that only its host can have set (RFC 6265bis, section 4.1.3.2). Browsers know it in any letters. */
const HOST_PREFIX = /^__host-/i

const cookieSection = section({
  name: cookieName.describe(
    'The name. With the prefix `__Host-`, which is the safest, the path is `/` and there is no domain.'
  ),
  sameSite: z
    .enum(['Strict', 'Lax', 'None'], 'expected Strict, Lax or None')
    .default('Strict')
    .describe('Whether other sites may have it sent: `Strict`, `Lax` or `None`. Default: Strict.'),
  path: routePath.default('/').describe('The path that it is sent to, and below. Default: /.'),
  domain: z
    .string(DOMAIN_EXPECTED)
    .regex(
      /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+$/i,
      DOMAIN_EXPECTED
    )
    .optional()
    .describe('The domain that it is sent to, with all hosts below. Default: the host alone.')
})
  .refine(({ name, path }) => !HOST_PREFIX.test(name) || path === '/', {
    error: 'expected / for a name with the prefix __Host-',
    path: ['path']
  })
  .refine(({ name, domain }) => !HOST_PREFIX.test(name) || domain === undefined, {
    error: 'expected none for a name with the prefix __Host-',
    path: ['domain']
  })

export type CookieConfig = z.output<typeof cookieSection>

export const cookie = cookieSection
  .optional()
  .describe(
    'A cookie that the token is set as beside the answer: Secure, HttpOnly, and kept for as long as the token is valid. Default: none.'
  )
