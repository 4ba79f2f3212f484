/** The variables of a route's path: segments such as `{mac}`. */

const VARIABLE = /\{([A-Za-z_]\w*)\}/g

/** The names of the variables, in their order. */
export function variablesIn(path: string): string[] {
  return [...path.matchAll(VARIABLE)].map(([, name = '']) => name)
}

/** The path in the words of the router. */
export function toRouterPath(path: string): string {
  return path.replace(VARIABLE, ':$1')
}
