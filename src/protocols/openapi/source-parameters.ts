/** What sources take from a request beside its body: headers and parameters, which make the claims or are sent to the remote. */
import type { SourceConfig } from '../../issue/sources/settings.ts'
import type { RouteConfig } from '../registry.ts'
import type { Parameter } from './parts.ts'

type AnySourceConfig =
  | SourceConfig
  | Extract<RouteConfig, { protocol: 'krakend' }>['claims'][number]

/** Header parameters of these names are to be ignored (OpenAPI 3.1.0, section 4.8.12.2). */
const IGNORED_HEADERS: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization'])

/** A text, and where in a request it may stand. */
interface Taken {
  readonly header?: string | undefined
  readonly parameter?: string | undefined
  readonly description: string
  readonly required: boolean
}

/** Each place once, whichever sources take something from it. */
export function describeParameters(sources: readonly AnySourceConfig[]): Parameter[] {
  const parameters = sources.flatMap(takenBy).flatMap(toParameters)
  return parameters.filter(
    ({ name, in: place }, index) =>
      parameters.findIndex((other) => other.name === name && other.in === place) === index
  )
}

function takenBy(source: AnySourceConfig): Taken[] {
  if (source.from === 'request') {
    const { header, parameter, variable, body, claim, required } = source
    const places = [header, parameter, variable, body].filter((place) => place !== undefined)
    const description = `The claim \`${claim}\`.`
    return [{ header, parameter, description, required: required && places.length === 1 }]
  }
  if (source.from !== 'remote') return []
  return (source.metadata ?? []).map(({ name, header, parameter }) => ({
    header,
    parameter,
    description: `Sent to the remote as \`${name}\`.`,
    required: false
  }))
}

function toParameters({ header, parameter, description, required }: Taken): Parameter[] {
  const schema = { type: 'string' }
  return [
    ...(header === undefined || IGNORED_HEADERS.has(header.toLowerCase())
      ? []
      : [{ name: header, in: 'header', description, required, schema } as const]),
    ...(parameter === undefined
      ? []
      : [{ name: parameter, in: 'query', description, required: false, schema } as const])
  ]
}
