/** Paths of routes: a route must not hide another one, or a path that the service answers itself. */

import {
  DOCS_PATH,
  OPENAPI_PATH,
  OPERATION_PATHS,
  publishedPaths,
  WORKBENCH_PATH
} from '../../protocols/own-paths.ts'
import { ROUTE_VERBS } from '../../protocols/registry.ts'
import type { AnsweredPath, PlacedRoute, RuleContext } from '../../protocols/rules.ts'
import { at } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import { MAIN } from '../listeners.ts'

/** The paths that a route answers on, as far as they are known. */
export function pathsOf(route: PlacedRoute, listener: string | undefined): AnsweredPath[] {
  const settings = [
    ...ROUTE_VERBS.map((verb) => at(route, verb)),
    at(at(route, 'refresh'), 'route')
  ]
  return settings.flatMap(({ value, path }) =>
    typeof value === 'string' && listener !== undefined ? [{ text: value, listener, path }] : []
  )
}

/** The paths that the service answers itself. */
interface OwnRoutes {
  /** The listener that health and metrics are on. */
  readonly operations: string
  /** Whether listeners publish what they answer, as OpenAPI. */
  readonly docs: boolean
  /** The listener that the workbench is on. */
  readonly workbench: string | undefined
  readonly issuer: string | undefined
}

/** The paths that the service itself answers on a listener, for gates to leave alone. */
export function listOwnPaths(
  listener: string,
  { operations, docs, workbench, issuer }: OwnRoutes
): string[] {
  return [
    ...(docs ? [OPENAPI_PATH, DOCS_PATH] : []),
    ...(listener === workbench ? [WORKBENCH_PATH] : []),
    ...(listener === operations ? OPERATION_PATHS : []),
    ...(listener === MAIN ? publishedPaths(issuer) : [])
  ]
}

/** Finds routes that would hide each other, or the paths that the service answers itself. */
export function findRouteProblems(
  paths: RuleContext['paths'],
  { operations, docs, workbench, issuer }: OwnRoutes
): Problem[] {
  const published = publishedPaths(issuer)
  return paths.flatMap(({ text, path, listener }, index): Problem[] => {
    const isOperation = listener === operations && OPERATION_PATHS.some((own) => own === text)
    const isDocs = docs && (text === OPENAPI_PATH || isAtOrBelow(text, DOCS_PATH))
    const isWorkbench = listener === workbench && isAtOrBelow(text, WORKBENCH_PATH)
    if (isOperation || isDocs || isWorkbench || published.includes(text)) {
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
