/** The requirements of introspection on the settings of its routes. */
import type { CheckRule } from '../check/settings.ts'

export const introspectionSettings: readonly CheckRule[] = [
  {
    isMet: ({ token }) => token === undefined,
    error: 'introspection takes the token from its form (RFC 7662, section 2.1), expected none',
    path: ['token']
  },
  {
    isMet: ({ auth }) => auth !== undefined,
    error: 'expected auth, which names who may introspect tokens (RFC 7662, section 2.1)',
    path: ['auth']
  },
  {
    isMet: ({ reasons }) => !reasons,
    error: 'introspection never shows why a token is not active (RFC 7662, section 2.2)',
    path: ['reasons']
  }
]
