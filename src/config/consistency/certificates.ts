/** Sources that grade the certificates of clients, on listeners that never see one. */
import type { Problem } from '../../settings/problem.ts'
import { sourcesIn } from './sources.ts'
import { listenerOf, MAIN, valueAt } from './tree.ts'

/** Finds `certificate` sources of routes whose listener asks nobody for a certificate. */
export function findCertificateProblems(tree: unknown): Problem[] {
  return sourcesIn(tree).flatMap(({ route, items, at }) => {
    const listener = listenerOf(route, MAIN)
    const asked = valueAt(tree, ['listen', listener, 'tls', 'clientCertificate'])
    if (asked === 'request' || asked === 'require') return []
    return items.flatMap((source, index) =>
      valueAt(source, ['from']) === 'certificate'
        ? [
            {
              path: [...at, index, 'from'],
              message: `the listener ${listener} asks no client for a certificate, expected tls with clientCertificate: request or require`
            }
          ]
        : []
    )
  })
}
