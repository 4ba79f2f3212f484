/** Sources that grade the certificates of clients, on listeners that never see one. */
import { valueAt } from '../issues.ts'
import type { Problem } from '../problems.ts'
import { itemsOf, listenerOf, useOf } from './tree.ts'

/** Finds `certificate` sources on listeners that ask for no certificate; those too that a claims route has from an issue route. */
export function findCertificateProblems(tree: unknown): Problem[] {
  const routes = itemsOf(tree, 'routes')
  return routes.flatMap((route, index): Problem[] => {
    const listener = listenerOf(route)
    const asked = valueAt(tree, ['listen', listener, 'tls', 'clientCertificate'])
    if (asked === 'request' || asked === 'require') return []
    const message = `the listener ${listener} asks no client for a certificate, expected tls with clientCertificate: request or require`
    const own = ['claims', 'sources'].flatMap((setting) =>
      itemsOf(route, setting).flatMap((source, place) =>
        isCertificateSource(source)
          ? [{ path: ['routes', index, setting, place, 'from'], message }]
          : []
      )
    )
    const isShown = shownSources(route, routes).some(isCertificateSource)
    return isShown ? [...own, { path: ['routes', index, 'claims'], message }] : own
  })
}

function isCertificateSource(source: unknown): boolean {
  return valueAt(source, ['from']) === 'certificate'
}

/** The sources of the issue route that a claims route belongs to. */
function shownSources(route: unknown, routes: readonly unknown[]): unknown[] {
  if (useOf(route, 'claims', []).length === 0 || valueAt(route, ['sources']) !== undefined) {
    return []
  }
  const of = valueAt(route, ['of'])
  const shown = routes.find((other) => {
    const path = valueAt(other, ['issue'])
    return path !== undefined && (of === undefined || path === of)
  })
  return itemsOf(shown, 'claims')
}
