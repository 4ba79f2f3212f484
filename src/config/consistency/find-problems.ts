/**
 * Rules that span the keys of a configuration: what no single setting can know to be wrong. They look at the file as its
 * author wrote it, so that what they find is told along with what is wrong in single settings.
 */

import type { Problem } from '../../settings/problem.ts'
import { DEFAULT_ROUTES } from '../flat-form.ts'
import { findCertificateProblems } from './certificates.ts'
import {
  findMissingKeys,
  findNamelessKeys,
  findReferenceProblems,
  findSignerProblems,
  findSupertokensKeyProblems
} from './keys.ts'
import { findLifetimeProblems } from './lifetimes.ts'
import { findListenerProblems } from './listeners.ts'
import { findRevocationProblems } from './revocation.ts'
import {
  findClaimsProblems,
  findGateProblems,
  findOauthProblems,
  findRouteProblems
} from './routes.ts'
import { findApiKeyProblems, findExpiryProblems, findVariableProblems } from './sources.ts'
import { itemsOf, listenerOf, MAIN, useOf, valueAt } from './tree.ts'

/** The settings of a route that hold its path. */
const VERBS = ['issue', 'claims', 'check', 'keys', 'revoke', 'health', 'metrics'] as const

/** Finds what is wrong between the settings of a flat form. */
export function findFlatProblems(tree: unknown): Problem[] {
  const routes = Object.entries(DEFAULT_ROUTES).flatMap(([setting, path]) =>
    valueAt(tree, [setting]) === undefined
      ? [{ text: path, at: [setting] }]
      : useOf(tree, setting, [])
  )
  return findRouteProblems(
    routes.map((route) => ({ ...route, on: MAIN })),
    { operations: MAIN, docs: false }
  )
}

/** Finds what is wrong between the settings of a full form. */
export function findFullProblems(tree: unknown): Problem[] {
  const operations = valueAt(tree, ['listen', 'admin']) === undefined ? MAIN : 'admin'
  const ownPaths = { operations, docs: String(valueAt(tree, ['docs'])) === 'true' }
  const routes = itemsOf(tree, 'routes').flatMap((route, index) =>
    [
      ...VERBS.flatMap((verb) => useOf(route, verb, ['routes', index])),
      ...useOf(valueAt(route, ['refresh']), 'route', ['routes', index, 'refresh'])
    ].map((use) => ({
      ...use,
      on: listenerOf(route, operations),
      isGate: valueAt(route, ['protocol']) === 'forward-auth'
    }))
  )
  return [
    ...findRouteProblems(routes, ownPaths),
    ...findGateProblems(routes, ownPaths),
    ...findListenerProblems(tree),
    ...findClaimsProblems(tree),
    ...findVariableProblems(tree),
    ...findExpiryProblems(tree),
    ...findApiKeyProblems(tree),
    ...findCertificateProblems(tree),
    ...findMissingKeys(tree),
    ...findNamelessKeys(tree),
    ...findRevocationProblems(tree),
    ...findReferenceProblems(tree),
    ...findSignerProblems(tree),
    ...findSupertokensKeyProblems(tree),
    ...findLifetimeProblems(tree),
    ...findOauthProblems(tree)
  ]
}
