/** YAML text to plain data, without the parts of YAML that a configuration has no use for. */
import { type Document, isCollection, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { Problem } from '../settings/problem.ts'
import { ConfigError } from './problems.ts'
import { describeSyntaxFault } from './yaml-syntax.ts'

/** More than any hand-written file needs, and far too few for a document that unfolds without end. */
const MOST_ALIASES = 20
/** What one anchor may unfold to: its uses times the aliases inside of it. */
const MOST_UNFOLDED = 100
/** Deeper than any setting, and shallow enough for every function that walks the data by calling itself. */
const MOST_LEVELS = 100

/** Notes a problem, and the place in the text where it is. */
type AddProblem = (offset: number | undefined, message: string) => void

/**
 * Parses one YAML 1.2 document. Tags, merge keys, more than a few aliases and numbers that JavaScript would round are refused.
 * No message quotes the text: where it is misread, what looks like a tag or an alias may be a secret.
 * @throws ConfigError with a line for each problem
 */
export function parseYaml(text: string, file?: string): unknown {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    merge: false,
    uniqueKeys: true,
    stringKeys: true
  })
  const fault = describeSyntaxFault(document, lineCounter)
  if (fault !== undefined) throw new ConfigError([{ path: [], message: fault }], file)

  const problems: Problem[] = []
  const add: AddProblem = (offset, message) => {
    const line = offset === undefined ? undefined : lineCounter.linePos(offset).line
    problems.push({ path: [], message: line === undefined ? message : `line ${line}: ${message}` })
  }
  for (const { code, pos } of document.errors) {
    // The other errors are tags, which are found below, all of them.
    if (code === 'DUPLICATE_KEY') add(pos[0], 'YAML: a key that is there already')
  }
  findUnsupported(document, add)
  if (problems.length > 0) throw new ConfigError(problems, file)

  try {
    return document.toJS({ maxAliasCount: MOST_UNFOLDED })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    add(undefined, 'aliases unfold to too much, expected fewer of them')
    throw new ConfigError(problems, file)
  }
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
        add(key.range?.[0], 'a key named __proto__ is not supported')
      }
      // Without its meaning it would be a key of its own, which nobody wants who writes it.
      if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN') {
        add(key.range?.[0], 'merge key << is not supported')
      }
    },
    Alias(_key, alias, ancestors) {
      aliases++
      // Each look for an anchor goes through the whole document.
      if (aliases > MOST_ALIASES) return
      const target = alias.resolve(document)
      if (target === undefined) {
        add(alias.range?.[0], 'an alias has no anchor; put text that starts with * in quotes')
      } else if (ancestors.includes(target)) {
        add(alias.range?.[0], 'an alias stands inside of its own anchor')
      }
    },
    Value(_key, node, ancestors) {
      const offset = node.range?.[0]
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
  if (aliases > MOST_ALIASES) add(undefined, `${aliases} aliases, expected at most ${MOST_ALIASES}`)
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
