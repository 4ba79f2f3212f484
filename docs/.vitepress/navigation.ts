/** The navigation of the site. It is the list of pages in docs/README.md, which readers on GitHub have as well. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DefaultTheme } from 'vitepress'

/** A part of the navigation, `## Name`; or a page of it, `- [name](path)`, indented where it is below another page. */
const LINE = /^## (?<part>.+)$|^(?<indent> *)- \[(?<name>[^\]]+)\]\((?<path>[^)]+)\)/

/**
 * Reads the parts and their pages.
 * @param root the folder of the repository
 */
export function readNavigation(root: string): DefaultTheme.SidebarItem[] {
  const parts: Required<Pick<DefaultTheme.SidebarItem, 'text' | 'items'>>[] = []
  for (const line of readFileSync(join(root, 'docs/README.md'), 'utf8').split('\n')) {
    const { part, indent = '', name, path } = LINE.exec(line)?.groups ?? {}
    const pages = parts.at(-1)?.items
    if (part !== undefined) parts.push({ text: part, items: [] })
    else if (pages !== undefined && path !== undefined) {
      const page = { text: name ?? '', link: toSitePath(path) }
      const above = pages.at(-1)
      if (indent === '' || above === undefined) pages.push(page)
      else {
        above.collapsed = true
        above.items = [...(above.items ?? []), page]
      }
    }
  }
  return parts
}

/** @param path from docs/ on, as in the links of docs/README.md */
function toSitePath(path: string): string {
  return join('/docs', path)
    .replace(/README\.md$/, '')
    .replace(/\.md$/, '.html')
}
