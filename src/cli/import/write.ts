/** Writes an imported configuration as YAML with comments, and finds settings that would not start. */
import { Document, isMap, isScalar, isSeq } from 'yaml'
import { parseConfig } from '../../config/load.ts'
import { ConfigError } from '../../config/problems.ts'
import type { Problem } from '../../settings/problem.ts'
import { SecretError } from '../../settings/secrets.ts'
import type { Comment, Imported } from './system.ts'

/** @param system as the command line names it */
export function writeImported({ config, comments }: Imported, system: string): string {
  const document = new Document(escapeVariables(config))
  document.commentBefore = ` Written by \`txtoken import ${system}\`. See docs/how-to/move-from-${system}.md.`
  for (const comment of comments) addComment(document, comment)
  return document.toString({ lineWidth: 0 })
}

/** `${` in another system's text is not a variable of this program. */
function escapeVariables(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${')
  if (Array.isArray(value)) return value.map(escapeVariables)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, escapeVariables(member)])
  )
}

/** A comment on the value of a map would be at the end of its line, or below its key. */
function addComment(document: Document, [path, text]: Comment): void {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  const last = path.at(-1)
  const node = isSeq(parent)
    ? parent.items[Number(last)]
    : isMap(parent)
      ? parent.items.find(({ key }) => isScalar(key) && key.value === last)?.key
      : undefined
  const lines = text.split('\n').map((line) => ` ${line}`)
  if (isScalar(node) || isMap(node) || isSeq(node)) node.commentBefore = lines.join('\n')
}

const REFERENCE = 'a reference that is not followed'

/** The problems of a configuration, without its references to files and variables. */
export function findFaults(text: string): readonly Problem[] {
  const reader = {
    files: new Set<string>(),
    resolve: (path: string) => path,
    exists: () => false,
    read() {
      throw new SecretError(REFERENCE)
    }
  }
  try {
    parseConfig(text, { env: {}, reader })
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.filter(({ message }) => message !== REFERENCE)
  }
}
