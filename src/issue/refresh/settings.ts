/** The settings of an issue route that hands out refresh tokens too. */
import { duration } from '../../settings/quantities.ts'
import { routePath } from '../../settings/route-paths.ts'
import { section } from '../../settings/section.ts'
import { httpUrl } from '../../settings/urls.ts'

export const refresh = section({
  route: routePath.describe('Path that a refresh token is exchanged on, by POST.'),
  lifetime: duration('1m', '3650d')
    .prefault('30d')
    .describe('How long a refresh token can be used, once. Default: 30d.'),
  recheck: httpUrl
    .refine((url) => !/[{}]/.test(url), { error: 'expected a URL without variables' })
    .describe(
      'The URL that is asked before each new token, by POST of `{"sub", "claims"}`; its reply is taken as that of the remote source is.'
    )
})
  .optional()
  .describe(
    'Single-use refresh tokens beside the tokens; it takes `revocation`, and one remote source. Default: none.'
  )
