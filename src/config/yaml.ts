/** Parses YAML text into plain data, with line numbers. */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Range
} from 'yaml'
import type { Problem } from '../settings/problem.ts'
import { describeSyntaxFault } from './yaml-syntax.ts'
import { type AddProblem, findLastAlias, findUnsupported } from './yaml-unsupported.ts'

/** What one anchor may expand to: its uses times the aliases inside of it. */
const MOST_UNFOLDED = 100

/** A key that may be the name of a setting. Others are not quoted. */
const NAME = /^[A-Za-z][A-Za-z-]{0,31}(?=\s*:)/

/** Plain data, and where it is in the text. */
export interface ParsedYaml {
  readonly value: unknown
  /** Why the data must not be used. Empty for valid data. */
  readonly problems: readonly Problem[]
  /** The line of what a path leads to, or of the map or list that lacks it. */
  readonly lineOf: (path: Problem['path']) => number
}

/**
 * Parses one YAML 1.2 document. Tags, merge keys, more than a few aliases and numbers that JavaScript would round are problems.
 * No message quotes the text: in a misread text, an apparent tag or alias may be a secret.
 */
export function parseYaml(text: string): ParsedYaml {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    merge: false,
    uniqueKeys: true,
    stringKeys: true
  })
  const problems: Problem[] = []
  const add: AddProblem = (offset, message) => {
    problems.push({ path: [], message, line: lineCounter.linePos(offset).line })
  }
  const lineOf = (path: Problem['path']) => lineCounter.linePos(findOffset(document, path)).line

  const fault = describeSyntaxFault(document, lineCounter)
  if (fault !== undefined) return { value: undefined, problems: [fault], lineOf }
  for (const { code, pos } of document.errors) {
    // The other errors are tags, which are found below, all of them.
    if (code !== 'DUPLICATE_KEY') continue
    const [name] = NAME.exec(text.slice(pos[0])) ?? []
    add(pos[0], `YAML: ${name === undefined ? 'a key that' : `the key ${name}`} is there already`)
  }
  findUnsupported(document, add)
  if (problems.length > 0) return { value: undefined, problems, lineOf }

  try {
    return { value: document.toJS({ maxAliasCount: MOST_UNFOLDED }), problems, lineOf }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    add(findLastAlias(document), 'aliases expand to too much data, expected fewer of them')
    return { value: undefined, problems, lineOf }
  }
}

/** Goes as far as the path leads. A setting is where its key is. The content of an alias is where its anchor is. */
function findOffset(document: Document.Parsed, path: Problem['path']): number {
  let node: unknown = document.contents
  let offset = document.contents?.range[0] ?? 0
  for (const key of path) {
    if (isAlias(node)) node = node.resolve(document)
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key)
      if (pair === undefined) return offset
      node = pair.value
      offset = rangeOf(pair.key)?.[0] ?? offset
    } else if (isSeq(node) && typeof key === 'number') {
      node = node.items[key]
      offset = rangeOf(node)?.[0] ?? offset
    } else {
      return offset
    }
  }
  return offset
}

function rangeOf(node: unknown): Range | null | undefined {
  return isNode(node) ? node.range : undefined
}
