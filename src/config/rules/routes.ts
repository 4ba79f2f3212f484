/** Paths of routes: what would hide another route, or what the service answers by itself. */

import {
  DISCOVERY_PATH,
  DOCS_PATH,
  JWK_SET_PATH,
  OPENAPI_PATH,
  OPERATION_PATHS
} from '../../protocols/own-paths.ts'
import { ROUTE_KINDS } from '../../protocols/registry.ts'
import type { AnsweredPath, PlacedRoute, RuleContext } from '../../protocols/rules.ts'
import { at } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { MAIN } from '../listeners.ts'

/** The settings of a route that hold its path. */
const VERBS = [...new Set(ROUTE_KINDS.map(({ verb }) => verb))]

/** The paths that a route answers on, as far as they are known. */
export function pathsOf(route: PlacedRoute, listener: string | undefined): AnsweredPath[] {
  const settings = [...VERBS.map((verb) => at(route, verb)), at(at(route, 'refresh'), 'route')]
  return settings.flatMap(({ value, path }) =>
    typeof value === 'string' && listener !== undefined ? [{ text: value, listener, path }] : []
  )
}

/** What the service answers by itself. */
interface OwnRoutes {
  /** The listener that health and metrics are on. */
  readonly operations: string
  /** Whether listeners publish what they answer, as OpenAPI. */
  readonly docs: boolean
}

/** The paths that the service itself answers on a listener, for gates to leave alone. */
export function listOwnPaths(listener: string, { operations, docs }: OwnRoutes): string[] {
  return [
    ...(docs ? [OPENAPI_PATH, DOCS_PATH] : []),
    ...(listener === operations ? OPERATION_PATHS : []),
    ...(listener === MAIN ? [JWK_SET_PATH, DISCOVERY_PATH] : [])
  ]
}

/** Finds routes that would hide each other, or the paths that the service answers itself. */
export function findRouteProblems(
  paths: RuleContext['paths'],
  { operations, docs }: OwnRoutes
): Problem[] {
  return paths.flatMap(({ text, path, listener }, index): Problem[] => {
    const isOperation = listener === operations && OPERATION_PATHS.some((own) => own === text)
    const isDocs = docs && (text === OPENAPI_PATH || isAtOrBelow(text, DOCS_PATH))
    if (isOperation || isDocs || text === JWK_SET_PATH || text === DISCOVERY_PATH) {
      return [{ path, message: `${text} is answered by the service itself, expected another path` }]
    }
    const before = paths.slice(0, index)
    return before.some((other) => other.text === text && other.listener === listener)
      ? [{ path, message: `${text} is a route already, expected another path` }]
      : []
  })
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`)
}
