/** YAML text to plain data, without the parts of YAML that a configuration has no use for. */
import { isAlias, isNode, isScalar, LineCounter, parseDocument, visit } from 'yaml'
import { ConfigError, type Problem } from './problems.ts'

/** More than any hand-written file needs, and far too few for a document that unfolds without end. */
const MOST_ALIASES = 20

/**
 * Parses one YAML 1.2 document. Tags, merge keys, more than a few aliases and numbers that JavaScript would round are refused.
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
  const problems: Problem[] = []
  const add = (offset: number | undefined, message: string) => {
    const line = offset === undefined ? undefined : lineCounter.linePos(offset).line
    problems.push({ path: [], message: line === undefined ? message : `line ${line}: ${message}` })
  }

  // The library's messages quote the text around the fault, which may be a secret; its codes do not.
  for (const { code, pos } of [...document.errors, ...document.warnings]) {
    add(pos[0], `YAML: ${code.toLowerCase().replaceAll('_', ' ')}`)
  }
  let aliases = 0
  visit(document, (_key, node) => {
    if (isAlias(node)) aliases++
    if (!isNode(node)) return
    const offset = node.range?.[0]
    if (!isAlias(node) && node.tag !== undefined) add(offset, `tag ${node.tag} is not supported`)
    if (isScalar(node) && isRounded(node.value, node.source)) {
      add(offset, 'number has more digits than can be kept; put it in quotes')
    }
  })
  if (aliases > MOST_ALIASES) add(undefined, `${aliases} aliases, expected at most ${MOST_ALIASES}`)
  if (problems.length > 0) throw new ConfigError(problems, file)

  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES })
  } catch (error) {
    throw new ConfigError([{ path: [], message: `YAML: ${(error as Error).message}` }], file)
  }
}

/** YAML reads `12345678901234567890` as a number that differs from what stands there. */
function isRounded(value: unknown, source: string | undefined): boolean {
  return (
    typeof value === 'number' &&
    source !== undefined &&
    /^[-+]?\d+$/.test(source) &&
    !Number.isSafeInteger(value)
  )
}
