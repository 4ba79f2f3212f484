/** Links that are right on GitHub lead to the same page or file on the site, or the build fails. */
import { cpSync, existsSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { MarkdownRenderer } from 'vitepress'

type Token = ReturnType<MarkdownRenderer['parse']>[number]

/** Files that pages link to and that are no pages. They are copied to their own paths. */
const linkedFiles = new Set<string>()

/** Where an attribute of HTML leads, such as that of a picture. */
const HTML_TARGET = /\b(?:src|srcset|href)="([^"]+)"/g

/**
 * Adds a rule that checks links to files and folders, and makes them those of the site.
 * @param root the folder of the repository
 */
export function linkAsOnGitHub(md: MarkdownRenderer, root: string): void {
  md.core.ruler.push('links', ({ tokens, env }) => {
    const resolve = (url: string) => resolveLink(root, env.realPath ?? env.path, url)
    for (const token of tokens.flatMap((outer) => [outer, ...(outer.children ?? [])])) {
      if (token.type === 'link_open') changeLink(token, resolve)
      else if (token.type.startsWith('html_')) {
        for (const [, url = ''] of token.content.matchAll(HTML_TARGET)) resolve(url)
      }
    }
  })
}

function changeLink(token: Token, resolve: (url: string) => string | undefined): void {
  const url = String(token.attrGet('href'))
  const target = resolve(url)
  if (target === undefined) return
  if (target.endsWith('.md')) {
    const [path = '', hash] = url.split('#')
    const page = path.endsWith('.md') ? path : `${path.replace(/\/$/, '')}/README.md`
    const link = page.replace(/(^|\/)README\.md$/, '$1index.md')
    token.attrSet('href', hash === undefined ? link : `${link}#${hash}`)
  }
  // The browser loads it: it is no page that the script of the site could show.
  else token.attrSet('target', '_self')
}

/**
 * The file that a link leads to: of a folder its README.md.
 * @returns path from the root on; nothing for a link to another site or within the page
 * @throws where a link leads to nothing
 */
function resolveLink(root: string, page: string, url: string): string | undefined {
  if (/^(?:[a-z]+:|#)/.test(url)) return undefined
  const path = join(dirname(page), decodeURI(url.replace(/[?#].*/, '')))
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'README.md') : path
  if (!existsSync(file)) throw new Error(`${relative(root, page)}: ${url} leads to nothing`)
  const target = relative(root, file)
  if (!target.endsWith('.md')) linkedFiles.add(target)
  return target
}

/** Copies the files that the pages link to, once all pages are made. */
export function copyLinkedFiles(root: string, site: string): void {
  for (const file of linkedFiles) cpSync(join(root, file), join(site, file))
}
