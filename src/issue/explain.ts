/** Tells for each claim which source set it, and which others did before. */
import type { JsonText } from '../json/json-text.ts'
import type { IssueRequest, Source } from './issue.ts'

export interface Explanation {
  readonly value: JsonText
  /** The name of the source whose value it is. */
  readonly source: string
  /** The names of those that had set it before, in their order. */
  readonly overrides: readonly string[]
}

/** Asks sources, in order; later ones win. */
export type Explain = (request: IssueRequest) => Promise<ReadonlyMap<string, Explanation>>

/** @param names of the sources, in their order */
export function createExplain(sources: readonly Source[], names: readonly string[]): Explain {
  return async function explain(request) {
    const explanations = new Map<string, Explanation>()
    for (const [index, source] of sources.entries()) {
      for (const [claim, value] of await source(request)) {
        const before = explanations.get(claim)
        const overrides = before === undefined ? [] : [...before.overrides, before.source]
        explanations.set(claim, { value, source: names[index] ?? '', overrides })
      }
    }
    return explanations
  }
}
