/**
 * Rules that span several settings. They look at the valid settings of a configuration, so
 * that their problems are reported along with problems of single settings.
 */
import { hasVerb, ROUTE_KINDS } from '../../protocols/registry.ts'
import type { PlacedRoute } from '../../protocols/rules.ts'
import { at, isGiven, itemsOf, type PartialOf, type Placed } from '../../settings/placed.ts'
import type { Problem } from '../../settings/problem.ts'
import type { FlatConfig } from '../flat-form.ts'
import type { Config } from '../full-form.ts'
import { listenerOf, MAIN, operationsListener, workbenchListener } from '../listeners.ts'
import { findMissingKeys, findReferenceProblems, findSignerProblems } from './keys.ts'
import { findListenerProblems } from './listeners.ts'
import { findRevocationProblems } from './revocation.ts'
import { findRouteProblems, listOwnPaths, pathsOf } from './routes.ts'
import {
  findApiKeyProblems,
  findCertificateProblems,
  findExpiryProblems,
  findVariableProblems
} from './sources.ts'

/** The rules of single products. */
const PROTOCOL_RULES = ROUTE_KINDS.flatMap(({ rules = [] }) => rules)

/** Finds problems between the settings of a flat form. */
export function findFlatProblems(config: Placed<PartialOf<FlatConfig>>): Problem[] {
  const paths = [at(config, 'getTokenRoute'), at(config, 'checkTokenRoute')]
  return findRouteProblems(
    paths.flatMap(({ value, path }) =>
      value === undefined ? [] : [{ text: value, listener: MAIN, path }]
    ),
    { operations: MAIN, docs: false, workbench: undefined, issuer: undefined }
  )
}

/** Finds problems between the settings of a full form. */
export function findFullProblems(config: Placed<PartialOf<Config>>): Problem[] {
  const listen = at(config, 'listen')
  const keys = at(config, 'keys')
  const routes: PlacedRoute[] = itemsOf(at(config, 'routes'))
  // An admin listener with a problem in it counts, too.
  const listeners = { listen: { admin: at(listen, 'admin').written } }
  const docs = at(config, 'docs').value === true
  const workbench = at(config, 'workbench')
  const own = {
    operations: operationsListener(listeners),
    docs,
    workbench: workbenchListener({ ...listeners, docs, workbench: workbench.value }),
    issuer: at(config, 'issuer').value
  }
  const context = {
    // What else is wrong with a route depends on its kind.
    routes: routes.filter(({ written }) => hasVerb(written)),
    keys: itemsOf(keys),
    revocation: at(config, 'revocation'),
    paths: routes.flatMap((route) => pathsOf(route, listenerOfRoute(route))),
    listenerOf: listenerOfRoute,
    ownPathsOn: (listener: string) => listOwnPaths(listener, own)
  }
  return [
    ...findRouteProblems(context.paths, own),
    ...findListenerProblems(listen, workbench, routes),
    ...findVariableProblems(context),
    ...findExpiryProblems(context),
    ...findApiKeyProblems(context),
    ...findCertificateProblems(listen, context),
    ...findMissingKeys(keys, context),
    ...findRevocationProblems(context),
    ...findReferenceProblems(context),
    ...findSignerProblems(context),
    ...PROTOCOL_RULES.flatMap((rule) => rule(context))
  ]

  function listenerOfRoute(route: PlacedRoute): string | undefined {
    const on = at(route, 'on')
    const isWrong = isGiven(on) && on.value === undefined
    return isWrong ? undefined : listenerOf({ on: on.value }, listeners)
  }
}
