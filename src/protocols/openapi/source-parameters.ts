/** Inputs of sources from a request beside its body: headers and parameters that become claims or are sent to the remote. */
import { type AnySourceConfig, inputsOf } from '../../issue/sources/registry.ts'
import type { SourceInput } from '../../issue/sources/source-kind.ts'
import type { Parameter } from './parts.ts'

/** Header parameters of these names are to be ignored (OpenAPI 3.1.0, section 4.8.12.2). */
const IGNORED_HEADERS: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization'])

/** Each place once, even if several sources use it. */
export function describeParameters(sources: readonly AnySourceConfig[]): Parameter[] {
  const parameters = sources.flatMap(inputsOf).flatMap(toParameters)
  return parameters.filter(
    ({ name, in: place }, index) =>
      parameters.findIndex((other) => other.name === name && other.in === place) === index
  )
}

function toParameters({ header, parameter, description, required }: SourceInput): Parameter[] {
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
