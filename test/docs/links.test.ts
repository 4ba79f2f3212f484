/** Links of all pages lead to a file that is there, and to a heading of it, as GitHub and the documentation site name headings. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import test from 'ava'
import { createAnchor } from '../../scripts/heading-anchors.ts'
import { listPages, readPage } from '../helpers/documentation.ts'

const ROOT = join(import.meta.dirname, '../..')

/** Folders that a command creates, so that they do not exist on GitHub. */
const MADE = /^(?:dist|build|coverage|node_modules)(?:\/|$)|^\.\./

const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...['docs', 'examples', 'charts'].flatMap(listPages)
].filter((page) => !page.includes('node_modules/'))

/** The text of a page without its code, in which brackets are no links and number signs no headings. */
function readProse(page: string): string {
  return readPage(page).replaceAll(/^ *```.*?^ *```$/gms, '')
}

const withoutCode = (text: string) => text.replaceAll(/(`+).*?\1/g, '')

/** `[text](target)`, `[label]: target`, and the targets of HTML. */
const LINK = /\]\(<?([^\s()>]+)>?(?: "[^"]*")?\)|^\[[^\]]+\]: (\S+)|(?:src|srcset|href)="([^"]+)"/gm

function listLinks(page: string): string[] {
  return [...withoutCode(readProse(page)).matchAll(LINK)].map(
    ([, inline, label, html]) => inline ?? label ?? html ?? ''
  )
}

/** The anchors of the headings of a page; of equal ones the second has a number. */
function listAnchors(page: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of readProse(page).matchAll(/^#+ (.+)$/gm)) {
    const anchor = createAnchor(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)|`/g, '$1'))
    let name = anchor
    for (let count = 1; anchors.has(name); count++) name = `${anchor}-${count}`
    anchors.add(name)
  }
  return anchors
}

/** The problem of a link, if there is one. */
function findProblem(page: string, link: string): string | undefined {
  if (/^(?:https?|mailto):/.test(link)) return undefined
  const [path = '', anchor] = decodeURI(link).split('#')
  const target = path === '' ? page : relative(ROOT, join(ROOT, dirname(page), path))
  if (MADE.test(target)) return `${link} is no file of the repository`
  if (!existsSync(join(ROOT, target))) return `${link} leads to nothing`
  const isFolder = statSync(join(ROOT, target)).isDirectory()
  if (isFolder && !existsSync(join(ROOT, target, 'README.md')))
    return `${link} is a folder without a README.md, which the site cannot show`
  if (anchor === undefined) return undefined
  if (!target.endsWith('.md') || isFolder) return `${link} has an anchor, and is no page`
  return listAnchors(target).has(anchor) ? undefined : `${link} leads to no heading`
}

for (const page of pages) {
  test(`each link of ${page} has a target that exists`, (t) => {
    t.deepEqual(
      listLinks(page).flatMap((link) => findProblem(page, link) ?? []),
      []
    )
  })
}

test('the pages are found, with their links and headings', (t) => {
  for (const page of ['README.md', 'docs/keys/rotating.md', 'examples/microservices/README.md'])
    t.true(pages.includes(page), page)
  t.true(pages.flatMap(listLinks).length > 200)
  t.true(listAnchors('docs/configuration/check.md').has('routescheckverifykeys'))
  t.is(findProblem('docs/keys.md', 'keys/none.md'), 'keys/none.md leads to nothing')
  t.is(findProblem('docs/keys.md', 'claims.md#none'), 'claims.md#none leads to no heading')
  t.is(
    findProblem('docs/keys.md', '../dist/main.js'),
    '../dist/main.js is no file of the repository'
  )
})
