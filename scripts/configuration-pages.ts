/** The pages of docs/configuration/, each with the tables of some sections of the full form. */
import type { JsonSchema } from '../src/config/json-schema.ts'
import { createAnchor } from './heading-anchors.ts'
import { type SectionLink, writeSections } from './reference-tables.ts'

/** The sections of each page; subsections are on the page of their section. */
const PAGES: Readonly<Record<string, readonly string[]>> = {
  listen: ['listen'],
  operations: ['log', 'limits', 'timeouts', 'routes[health]', 'routes[metrics]'],
  keys: ['keys[]', 'routes[keys]'],
  revocation: ['revocation', 'routes[revoke]', 'routes[logout]'],
  issue: ['routes[issue]'],
  compatible: ['routes[protocol: krakend]', 'routes[protocol: supertokens]'],
  claims: ['routes[claims]'],
  check: ['routes[check]']
}

/** The table of the top level, for docs/configuration.md, and the sections by the name of their page. */
export function writePages(schema: JsonSchema): {
  readonly top: string
  readonly pages: ReadonlyMap<string, string>
} {
  const [top, ...sections] = writeSections(schema, linkTo)
  const pages = new Map(Object.keys(PAGES).map((page) => [page, '']))
  for (const { path, text } of sections) {
    const page = pageOf(path)
    const level = path === outerSection(path) ? '##' : '###'
    const before = pages.get(page) === '' ? '' : `${pages.get(page)}\n\n`
    pages.set(page, `${before}${level} \`${path}\`\n\n${text}`)
  }
  const empty = [...pages].find(([, text]) => text === '')
  if (empty !== undefined)
    throw new Error(`no section is left for docs/configuration/${empty[0]}.md`)
  return { top: top?.text ?? '', pages }
}

const linkTo: SectionLink = (path, from) => {
  const [page, other] = [pageOf(path), pageOf(from)]
  return `[\`${path}\`](${page === other ? '' : `${page}.md`}#${createAnchor(path)})`
}

function pageOf(path: string): string {
  const outer = outerSection(path)
  const page = Object.entries(PAGES).find(([, sections]) => sections.includes(outer))?.[0]
  if (page === undefined) throw new Error(`${outer} is on no page: name one in ${import.meta.url}`)
  return page
}

/** `routes[check]` of `routes[check].verify[keys]`. */
function outerSection(path: string): string {
  return /^[^.[]+(?:\[[^\]]*\])?/.exec(path)?.[0] ?? path
}
