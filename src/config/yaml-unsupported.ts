/** YAML features that a configuration must not use. */
import { type Document, isCollection, isScalar, visit } from 'yaml'

/** More than any hand-written file needs, and far too few for a document that expands without end. */
const MOST_ALIASES = 20
/** Deeper than any setting, and shallow enough for every recursive function over the data. */
const MOST_LEVELS = 100

/** Records a problem, and its place in the text. */
export type AddProblem = (offset: number, message: string) => void

/** Finds tags, merge keys, dangling or too many aliases, numbers that would be rounded, and too deep nesting. */
export function findUnsupported(document: Document.Parsed, add: AddProblem): void {
  const { version } = document.directives.yaml
  if (version !== '1.2') add(0, `YAML ${version} is not supported, expected 1.2`)
  let aliases = 0
  visit(document, {
    Pair(_key, { key }) {
      // The schema library silently leaves it out of maps, and a requirement of that name would be lost.
      if (isScalar(key) && key.value === '__proto__') {
        add(key.range?.[0] ?? 0, 'a key named __proto__ is not supported')
      }
      // Without its meaning it would be a key named <<, which no author wants.
      if (isScalar(key) && key.value === '<<' && key.type === 'PLAIN') {
        add(key.range?.[0] ?? 0, 'merge key << is not supported')
      }
    },
    Alias(_key, alias, ancestors) {
      aliases++
      // Each search for an anchor goes through the whole document.
      if (aliases > MOST_ALIASES) return
      const offset = alias.range?.[0] ?? 0
      const target = alias.resolve(document)
      if (target === undefined) {
        add(offset, 'an alias has no anchor; put text that starts with * in quotes')
      } else if (ancestors.includes(target)) {
        add(offset, 'an alias is inside of its own anchor')
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
    add(findLastAlias(document), `${aliases} aliases, expected at most ${MOST_ALIASES}`)
}

/** YAML reads `12345678901234567890` as another number than the text shows. */
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

/** Where the last alias is. */
export function findLastAlias(document: Document.Parsed): number {
  let offset = 0
  visit(document, {
    Alias(_key, { range }) {
      offset = range?.[0] ?? offset
    }
  })
  return offset
}
