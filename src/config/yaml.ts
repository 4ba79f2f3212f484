/** YAML text to plain data, without the parts of YAML that a configuration has no use for. */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Range,
  visit
} from 'yaml'
import type { Problem } from '../settings/problem.ts'
import { describeSyntaxFault } from './yaml-syntax.ts'

/** More than any hand-written file needs, and far too few for a document that unfolds without end. */
const MOST_ALIASES = 20
/** What one anchor may unfold to: its uses times the aliases inside of it. */
const MOST_UNFOLDED = 100
/** Deeper than any setting, and shallow enough for every function that walks the data by calling itself. */
const MOST_LEVELS = 100

/** Notes a problem, and the place in the text where it is. */
type AddProblem = (offset: number, message: string) => void

/** Plain data, and where it is in the text. */
export interface ParsedYaml {
  readonly value: unknown
  /** Why the data must not be used. Empty when all is well. */
  readonly problems: readonly Problem[]
  /** The line of what a path leads to, or of the map or list that lacks it. */
  readonly lineOf: (path: Problem['path']) => number
}

/**
 * Parses one YAML 1.2 document. Tags, merge keys, more than a few aliases and numbers that JavaScript would round are problems.
 * No message quotes the text: where it is misread, what looks like a tag or an alias may be a secret.
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
    if (code === 'DUPLICATE_KEY') add(pos[0], 'YAML: a key that is there already')
  }
  findUnsupported(document, add)
  if (problems.length > 0) return { value: undefined, problems, lineOf }

  try {
    return { value: document.toJS({ maxAliasCount: MOST_UNFOLDED }), problems, lineOf }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    add(findAlias(document), 'aliases unfold to too much, expected fewer of them')
    return { value: undefined, problems, lineOf }
  }
}

/** Goes as far as the path leads. A setting is where its key is, and what an alias stands for is where its anchor is. */
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

/** Where the last alias is. */
function findAlias(document: Document.Parsed): number {
  let offset = 0
  visit(document, {
    Alias(_key, { range }) {
      offset = range?.[0] ?? offset
    }
  })
  return offset
}

/** Finds what is YAML, but not for a configuration. */
function findUnsupported(document: Document.Parsed, add: AddProblem): void {
  const { version } = document.directives.yaml
  if (version !== '1.2') add(0, `YAML ${version} is not supported, expected 1.2`)
  let aliases = 0
  visit(document, {
    Pair(_key, { key }) {
      // The schema library leaves it out of maps without a word, and a requirement of that name would be lost.
      if (isScalar(key) && key.value === '__proto__') {
        add(key.range?.[0] ?? 0, 'a key named __proto__ is not supported')
      }
      // Without its meaning it would be a key of its own, which nobody wants who writes it.
      if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN') {
        add(key.range?.[0] ?? 0, 'merge key << is not supported')
      }
    },
    Alias(_key, alias, ancestors) {
      aliases++
      // Each look for an anchor goes through the whole document.
      if (aliases > MOST_ALIASES) return
      const offset = alias.range?.[0] ?? 0
      const target = alias.resolve(document)
      if (target === undefined) {
        add(offset, 'an alias has no anchor; put text that starts with * in quotes')
      } else if (ancestors.includes(target)) {
        add(offset, 'an alias stands inside of its own anchor')
      }
    },
    Value(_key, node, ancestors) {
      const offset = node.range?.[0] ?? 0
      if (node.tag !== undefined) {
        add(offset, 'a tag is not supported; put text that starts with ! in quotes')
      }
      if (isScalar(node) && isRounded(node.value, node.source)) {
        add(offset, 'number would be rounded; put it in quotes')
      }
      if (ancestors.filter(isCollection).length < MOST_LEVELS || isScalar(node)) return undefined
      add(offset, `nested deeper than ${MOST_LEVELS} levels`)
      return visit.BREAK
    }
  })
  if (aliases > MOST_ALIASES)
    add(findAlias(document), `${aliases} aliases, expected at most ${MOST_ALIASES}`)
}

/** YAML reads `12345678901234567890` as a number that differs from what stands there. */
function isRounded(value: unknown, source: string | undefined): boolean {
  if (typeof value !== 'number' || source === undefined) return false
  if (!Number.isFinite(value)) return true
  return /^0[xo]/.test(source)
    ? !Number.isSafeInteger(value)
    : significantDigits(source) !== significantDigits(String(value))
}

function significantDigits(decimal: string): string {
  return decimal
    .replace(/e.*$/i, '')
    .replaceAll(/[-+.]/g, '')
    .replaceAll(/^0+|0+$/g, '')
}
