/** The settings of forward-auth routes: what they require, and the claims that become headers. */
import * as z from 'zod'
import { headerMap, OWN_HEADER_FIELDS } from '../../settings/headers.ts'
import { claimPath } from '../../settings/json.ts'
import { at } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import type { CheckRule } from '../check/settings.ts'
import { type RuleContext, routesWith } from '../rules.ts'

const NAME_EXPECTED = 'expected the name of a header, such as X-Auth-User'

/** RFC 9110, section 5.6.2; without the underscore, which some servers take for a hyphen. */
const headerName = z
  .string(NAME_EXPECTED)
  .regex(/^[!#$%&'*+.^`|~0-9A-Za-z-]+$/, NAME_EXPECTED)
  .refine((name) => !OWN_HEADER_FIELDS.has(name.toLowerCase()), {
    error: 'the answer has this header for itself, expected another name'
  })

export const claimHeaders = headerMap(headerName, claimPath)
  .meta({ title: 'a map of headers and the paths of claims' })
  .optional()
  .describe(
    'With `forward-auth`: headers of the 200 answer, and the claims that they carry. Values are percent-encoded, and lists have commas between the items. A header is empty if the token lacks its claim. Default: none.'
  )

/** How CORS preflights of browsers are answered, which never carry a token. */
export const preflight = z
  .enum(['allow', 'check'], 'expected allow or check')
  .optional()
  .describe(
    'With `forward-auth`: whether CORS preflights pass without a token, for an API that answers them itself. `allow` passes OPTIONS requests with `Access-Control-Request-Method`. The method is read from `X-Forwarded-Method` or `X-Original-Method`, which the gateway has to set, or else it is the method that the gateway asks with. `check` treats preflights like any other request. Default: check.'
  )

/** Finds paths below gates. The answer of another route there would count as permission. */
export function findForwardAuthProblems({
  routes,
  paths,
  listenerOf,
  ownPathsOn
}: RuleContext): Problem[] {
  return routesWith(routes, 'forward-auth').flatMap((route): Problem[] => {
    const { value: gate, path } = at(route, 'check')
    const listener = listenerOf(route)
    if (gate === undefined || listener === undefined) return []
    const below = gate.endsWith('/') ? gate : `${gate}/`
    const hidden = ownPathsOn(listener).filter((own) => own.startsWith(below))
    const inside = paths.filter(
      (other) => other.listener === listener && other.text !== gate && other.text.startsWith(below)
    )
    return [
      ...hidden.slice(0, 1).map((own) => ({
        path,
        message: `${own} is answered by the service itself, expected another path or another listener`
      })),
      ...inside.map((other) => ({
        path: other.path,
        message: `${other.text} is below ${gate}, where forward-auth answers, expected another path or another listener`
      }))
    ]
  })
}

/** The requirements of a gate on the settings of its route. */
export const forwardAuthSettings: readonly CheckRule[] = [
  {
    isMet: ({ token }) => !token?.includes('body'),
    error: 'forward-auth never reads a body, expected other places',
    path: ['token']
  }
]
