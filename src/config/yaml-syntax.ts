/** The syntax errors of a YAML text, in words that help to find the mistake. */
import {
  type Document,
  isCollection,
  isScalar,
  type LineCounter,
  visit,
  type YAMLError
} from 'yaml'
import type { Problem } from '../settings/problem.ts'

type Fault = Pick<YAMLError, 'code' | 'message'>

/** The messages of the library quote the text around an error; its codes do not, but need explaining. */
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

/**
 * One code may mean an indentation or a sign. The messages tell which; they are compared only, since some quote the text.
 * A message that is not here, as of another version of the library, has the words of its code.
 */
const FAULTS_BY_MESSAGE: readonly (readonly [RegExp, string])[] = [
  [/end with a }$/, 'a closing } is missing, or wrong indentation inside of the brackets'],
  [/end with a ]$/, 'a closing ] is missing, or wrong indentation inside of the brackets'],
  [/^Sequence item without - /, 'wrong indentation, or a dash is missing'],
  [/^A block sequence may not be used/, 'wrong indentation'],
  [/^Missing , /, 'a comma is missing'],
  [/^Missing closing .*quote$/, 'a closing quote is missing'],
  [/^Implicit map keys need to be followed/, 'a colon and a space are missing']
]

/** Errors after which the rest of the text can still be understood. */
const HARMLESS: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED'])

/**
 * Finds the first syntax error. Later ones are mostly its consequences, often dozens of them,
 * so only their lines are counted.
 * @returns undefined for a text that could be read to its end
 */
export function describeSyntaxFault(
  document: Document.Parsed,
  lineCounter: LineCounter
): Problem | undefined {
  const faults = [...document.errors, ...document.warnings]
    .filter(({ code }) => !HARMLESS.has(code))
    .toSorted((one, other) => one.pos[0] - other.pos[0])
  // A tab causes all further errors.
  const first = faults.find(({ code }) => code === 'TAB_AS_INDENT') ?? faults[0]
  if (first === undefined) return undefined

  const lineOf = (offset: number) => lineCounter.linePos(offset).line
  const line = lineOf(first.pos[0])
  // A value of several lines that looks like a key is a value and an indented setting after it.
  const isTwoLines = faults.some(
    ({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === first.pos[0]
  )
  const what =
    isTwoLines && first.code === 'BLOCK_AS_IMPLICIT_KEY'
      ? 'wrong indentation of the line after it'
      : describeFault(first)
  const opened = findOpened(document, (start, end) => lineOf(start) < line && lineOf(end) >= line)
  const origin =
    opened === undefined
      ? ''
      : `; look at line ${lineOf(opened)} too, where a quote or a bracket opens`
  const more = new Set(faults.map(({ pos }) => lineOf(pos[0]))).size - 1
  const rest = more === 0 ? '' : `; ${more} more ${more === 1 ? 'line' : 'lines'} could not be read`
  return { path: [], line, message: `YAML: ${what}${origin}${rest}` }
}

function describeFault({ code, message }: Fault): string {
  const known = FAULTS_BY_MESSAGE.find(([pattern]) => pattern.test(message))
  return known?.[1] ?? FAULTS[code] ?? code.toLowerCase().replaceAll('_', ' ')
}

/** Where the innermost quote or bracket around a position opens. */
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
