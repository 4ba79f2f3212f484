/** What is wrong with the syntax of a YAML text, in words that help to find the mistake. */
import { type Document, isCollection, isScalar, type LineCounter, visit } from 'yaml'
import type { Problem } from '../settings/problem.ts'

/** The library's messages quote the text around a fault; its codes do not, but need some words. */
const FAULTS: Readonly<Record<string, string>> = {
  BAD_INDENT: 'wrong indentation',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon; put the value in quotes',
  BLOCK_IN_FLOW: 'a comma or a closing bracket is missing',
  MISSING_CHAR: 'a quote, a bracket, a comma, a dash or a colon is missing',
  MULTILINE_IMPLICIT_KEY: 'a key of several lines, or one without a colon and a space',
  MULTIPLE_DOCS: 'a second document, expected one',
  TAB_AS_INDENT: 'a tab in the indentation, expected spaces',
  UNEXPECTED_TOKEN: 'unexpected text; look at quotes, brackets and indentation'
}

/** Faults that do not keep the rest of the text from being understood. */
const HARMLESS: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED'])

/**
 * Finds the first fault of the syntax. What the library finds after it are mostly its consequences, often dozens of them,
 * so of these only the lines are counted.
 * @returns undefined for a text that could be read to its end
 */
export function describeSyntaxFault(
  document: Document.Parsed,
  lineCounter: LineCounter
): Problem | undefined {
  const faults = [...document.errors, ...document.warnings]
    .filter(({ code }) => !HARMLESS.has(code))
    .toSorted((one, other) => one.pos[0] - other.pos[0])
  // A tab explains all the rest.
  const first = faults.find(({ code }) => code === 'TAB_AS_INDENT') ?? faults[0]
  if (first === undefined) return undefined

  const lineOf = (offset: number) => lineCounter.linePos(offset).line
  const line = lineOf(first.pos[0])
  // A value of several lines that reads as a key is a value and, too far to the right, a setting.
  const isTwoLines = faults.some(
    ({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === first.pos[0]
  )
  const what =
    isTwoLines && first.code === 'BLOCK_AS_IMPLICIT_KEY'
      ? 'wrong indentation of the line after it'
      : (FAULTS[first.code] ?? first.code.toLowerCase().replaceAll('_', ' '))
  const opened = findOpened(document, (start, end) => lineOf(start) < line && lineOf(end) >= line)
  const origin =
    opened === undefined
      ? ''
      : `; look at line ${lineOf(opened)} too, where a quote or a bracket opens`
  const more = new Set(faults.map(({ pos }) => lineOf(pos[0]))).size - 1
  const rest = more === 0 ? '' : `; ${more} more ${more === 1 ? 'line' : 'lines'} could not be read`
  return { path: [], line, message: `YAML: ${what}${origin}${rest}` }
}

/** Where the innermost quote or bracket opens that reaches as far as asked. */
function findOpened(
  document: Document.Parsed,
  reaches: (start: number, end: number) => boolean
): number | undefined {
  let opened: number | undefined
  visit(document, {
    Node(_key, node) {
      const isQuoted = isScalar(node) && node.type?.startsWith('QUOTE') === true
      const isBracketed = isCollection(node) && node.flow === true
      if (!node.range || !(isQuoted || isBracketed)) return
      const [start, end] = node.range
      if (reaches(start, end)) opened = start
    }
  })
  return opened
}
