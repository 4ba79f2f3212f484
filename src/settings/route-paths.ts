/** Settings that are the path of a route, and the variables in it: segments such as `{mac}`. */
import * as z from 'zod'

/** A literal path: routes are compared exactly, so there are no patterns in them. */
export const routePath = z
  .string('expected a path such as /getToken')
  .regex(
    /^\/[A-Za-z0-9._~/-]*$/,
    'expected a path that starts with a slash and has letters, digits and . _ ~ - only'
  )
  .meta({ title: 'a path such as /getToken' })

const PATTERN_EXPECTED =
  'expected a path that starts with a slash and has letters, digits and . _ ~ - only, or whole segments such as {name}'

/** A path whose segments may be variables. */
export const routePattern = z
  .string('expected a path such as /getToken')
  .regex(/^(?=\/)(?:\/(?:[A-Za-z0-9._~-]*|\{[A-Za-z_]\w*\}))*$/, PATTERN_EXPECTED)
  .refine((path) => new Set(variablesIn(path)).size === variablesIn(path).length, {
    error: 'expected each path variable once'
  })
  .meta({ title: 'a path such as /getToken or /issue/{mac}' })

const VARIABLE = /\{([A-Za-z_]\w*)\}/g

/** The names of the variables, in their order. */
export function variablesIn(path: string): string[] {
  return [...path.matchAll(VARIABLE)].map(([, name = '']) => name)
}

/** Characters that are special to the router. The path of an issuer may have some of them. */
const ROUTER_SYNTAX = /[\\:*?+!()[\]]/g

/** The path in the syntax of the router. */
export function toRouterPath(path: string): string {
  return path.replace(ROUTER_SYNTAX, '\\$&').replace(VARIABLE, ':$1')
}
