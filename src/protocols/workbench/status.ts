/** The state of the service's dependencies, in tables of text: keys, foreign JWK Sets, remotes, revocation. They hold no secret. */
import type { SourceState } from '../../keys/key-store.ts'
import { describeDistance } from '../../settings/dates.ts'

/** How the last call to a remote ended. */
export interface RemoteOutcome {
  /** Its host. */
  readonly remote: string
  /** `ok`, or the code of an error; undefined before the first call. */
  readonly outcome: string | undefined
  /** When it ended, in milliseconds since 1970. */
  readonly at: number | undefined
}

export interface ServiceState {
  readonly keys: readonly SourceState[]
  /** The sets of verifiers, by display name. */
  readonly jwkSets: readonly { readonly name: string; readonly sources: readonly SourceState[] }[]
  readonly remotes: readonly RemoteOutcome[]
  /** Undefined where tokens cannot be revoked. */
  readonly revocation:
    | {
        readonly store: string
        readonly isAvailable: boolean
        readonly reason: string | undefined
      }
    | undefined
}

interface Table {
  readonly title: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** @param now milliseconds since 1970 */
export function describeState(state: ServiceState, now: number): readonly Table[] {
  const { keys, jwkSets, remotes, revocation } = state
  const ago = (at: number | undefined) =>
    at === undefined ? 'never' : describeDistance(at - now - 1)
  const fetchOf = ({ lastFetch }: SourceState) =>
    lastFetch === undefined ? '' : `${lastFetch.outcome}, confirmed ${ago(lastFetch.confirmedAt)}`
  const tables: readonly Table[] = [
    {
      title: 'Keys',
      columns: ['Name', 'Signs', 'Verifies', 'Next change', 'Last fetch'],
      rows: keys.map((source) => [
        source.name ?? '(no kid)',
        source.signing === undefined ? 'no' : writeKey(source.signing),
        source.verifying.map(writeKey).join(', ') || 'nothing',
        Number.isFinite(source.changesAt)
          ? `${new Date(source.changesAt).toISOString()}, ${describeDistance(source.changesAt - now)}`
          : 'none planned',
        fetchOf(source)
      ])
    },
    {
      title: 'JWK Sets of others',
      columns: ['Set', 'Keys', 'Last fetch'],
      rows: jwkSets.flatMap(({ name, sources }) =>
        sources.map((source) => [
          name,
          source.verifying.map(writeKey).join(', ') || 'none',
          fetchOf(source)
        ])
      )
    },
    {
      title: 'Remotes',
      columns: ['Host', 'Last call', 'When'],
      rows: remotes.map(({ remote, outcome, at }) => [remote, outcome ?? 'not called', ago(at)])
    },
    {
      title: 'Revocation',
      columns: ['Store', 'State'],
      rows:
        revocation === undefined
          ? []
          : [
              [
                revocation.store,
                revocation.isAvailable ? 'available' : `unavailable: ${revocation.reason ?? ''}`
              ]
            ]
    }
  ]
  return tables.filter(({ rows }) => rows.length > 0)
}

function writeKey({ kid, alg }: NonNullable<SourceState['signing']>): string {
  return `${kid ?? '(no kid)'} ${alg}`
}
