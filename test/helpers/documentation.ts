/** The code on the pages of the documentation, so that tests can run it as written. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const HEADING = /^#+ (.*)$/
const FENCE = /^( *)```(.*)$/

export interface CodeBlock {
  /** The heading above it. */
  readonly heading: string
  /** The text after the opening fence: `yaml` alone is a configuration of this program. */
  readonly info: string
  readonly text: string
}

/** @param page path of a Markdown file, from the root of the project on */
export function readPage(page: string): string {
  return readFileSync(join(ROOT, page), 'utf8')
}

/**
 * The Markdown files of a folder and of all folders in it, sorted.
 * @param folder path from the root of the project on
 * @returns paths from the root of the project on
 */
export function listPages(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`)
    .toSorted()
}

/**
 * Reads the code blocks of a page.
 * @param page path of a Markdown file, from the root of the project on
 */
export function readCodeBlocks(page: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let heading = ''
  let open: { indent: number; info: string; lines: string[] } | undefined
  for (const line of readPage(page).split('\n')) {
    const [, indent = '', info] = FENCE.exec(line) ?? []
    if (open === undefined) {
      heading = HEADING.exec(line)?.[1] ?? heading
      if (info !== undefined) open = { indent: indent.length, info, lines: [] }
    } else if (info === '') {
      blocks.push({ heading, info: open.info, text: open.lines.join('\n') })
      open = undefined
    } else {
      open.lines.push(line.slice(open.indent))
    }
  }
  return blocks
}

/** The texts of the blocks of one kind under a heading, in their order. */
export function findCode(page: string, heading: string, info: string): string[] {
  return readCodeBlocks(page)
    .filter((block) => block.heading === heading && block.info === info)
    .map(({ text }) => text)
}
