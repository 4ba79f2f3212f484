/** Routes that would hide each other, and those that lean on another one which is not there. */
import {
  DISCOVERY_PATH,
  DOCS_PATH,
  JWK_SET_PATH,
  OPENAPI_PATH,
  OPERATION_PATHS
} from '../../protocols/own-paths.ts'
import type { Problem } from '../../settings/problem.ts'
import { itemsOf, MAIN, type Use, useOf, valueAt } from './tree.ts'

/** A path, and the listener that it is answered on. */
export interface RouteUse extends Use {
  readonly on: string
  /** Whether it answers for all paths below its own, too. */
  readonly isGate?: boolean
}

/** What the service answers by itself. */
export interface OwnRoutes {
  /** The listener that health and metrics are on. */
  readonly operations: string
  /** Whether listeners say what they answer. */
  readonly docs: boolean
}

/** Finds routes that would hide each other, or the paths that the service answers itself. */
export function findRouteProblems(
  routes: readonly RouteUse[],
  { operations, docs }: OwnRoutes
): Problem[] {
  return routes.flatMap(({ text, at, on }, index): Problem[] => {
    const isOperation = on === operations && OPERATION_PATHS.some((path) => path === text)
    const isDocs = docs && (text === OPENAPI_PATH || isAtOrBelow(text, DOCS_PATH))
    if (isOperation || isDocs || text === JWK_SET_PATH || text === DISCOVERY_PATH) {
      return [
        { path: at, message: `${text} is answered by the service itself, expected another path` }
      ]
    }
    return routes.slice(0, index).some((other) => other.text === text && other.on === on)
      ? [{ path: at, message: `${text} is a route already, expected another path` }]
      : []
  })
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`)
}

/**
 * Finds paths below those of gates. A gate answers for them, and if it did not, what another route has to say would be taken for
 * permission.
 */
export function findGateProblems(routes: readonly RouteUse[], own: OwnRoutes): Problem[] {
  return routes
    .filter(({ isGate }) => isGate)
    .flatMap((gate): Problem[] => {
      const below = gate.text.endsWith('/') ? gate.text : `${gate.text}/`
      const hidden = ownPathsOn(gate.on, own).filter((path) => path.startsWith(below))
      const inside = routes.filter(
        ({ text, on }) => on === gate.on && text !== gate.text && text.startsWith(below)
      )
      return [
        ...hidden.slice(0, 1).map((path) => ({
          path: gate.at,
          message: `${path} is answered by the service itself, expected another path or another listener`
        })),
        ...inside.map(({ text, at }) => ({
          path: at,
          message: `${text} is below ${gate.text}, where forward-auth answers, expected another path or another listener`
        }))
      ]
    })
}

function ownPathsOn(listener: string, { operations, docs }: OwnRoutes): string[] {
  return [
    ...(docs ? [OPENAPI_PATH, DOCS_PATH] : []),
    ...(listener === operations ? OPERATION_PATHS : []),
    ...(listener === MAIN ? [JWK_SET_PATH, DISCOVERY_PATH] : [])
  ]
}

/** Finds routes that show the claims of another one which is not there. */
export function findClaimsProblems(tree: unknown): Problem[] {
  const routes = itemsOf(tree, 'routes')
  const issuing = routes
    .filter((route) => valueAt(route, ['protocol']) !== 'krakend')
    .flatMap((route) => useOf(route, 'issue', []))
    .map(({ text }) => text)
  return routes.flatMap((route, index): Problem[] => {
    if (useOf(route, 'claims', []).length === 0) return []
    if (valueAt(route, ['sources']) !== undefined) return []
    const [of] = useOf(route, 'of', ['routes', index])
    if (of !== undefined) {
      return issuing.includes(of.text)
        ? []
        : [{ path: of.at, message: `there is no issue route ${of.text} with claims to show` }]
    }
    return issuing.length === 1
      ? []
      : [
          {
            path: ['routes', index],
            message: `expected of or sources, since there are ${issuing.length} issue routes with claims to show`
          }
        ]
  })
}

/** Finds routes that choose statuses, where RFC 6749 has chosen. */
export function findOauthProblems(tree: unknown): Problem[] {
  return itemsOf(tree, 'routes').flatMap((route, index): Problem[] => {
    if (valueAt(route, ['protocol']) !== 'oauth') return []
    if (valueAt(route, ['statuses']) === undefined) return []
    const message = 'does not go with the protocol oauth, which has statuses of its own'
    return [{ path: ['routes', index, 'statuses'], message }]
  })
}
