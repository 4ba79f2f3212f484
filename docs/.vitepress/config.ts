/** The documentation site: `npm run docs` makes `site/` of the Markdown files as they are on GitHub, and needs no network. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { createAnchor } from '../../scripts/heading-anchors.ts'
import { keepBraces } from './braces.ts'
import { copyLinkedFiles, linkAsOnGitHub } from './links.ts'
import { readNavigation } from './navigation.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** What is no page, though its name ends with .md. */
const NO_PAGES = ['build', 'coverage', 'dist', 'node_modules', 'site', 'src', 'test']

export default defineConfig({
  title: 'txtoken',
  description: 'Put a signed, expiring, verifiable JWT in front of any JSON login API',
  // Paths of the site are those of the repository, so that a relative link leads to the same place on both.
  srcDir: '..',
  outDir: join(ROOT, 'site'),
  srcExclude: NO_PAGES.map((folder) => `${folder}/**`),
  rewrites: (page) => page.replace(/(^|\/)README\.md$/, '$1index.md'),
  markdown: {
    languageAlias: { caddyfile: 'nginx' },
    anchor: { slugify: createAnchor },
    config: (md) => {
      linkAsOnGitHub(md, ROOT)
      keepBraces(md)
    }
  },
  buildEnd: ({ outDir }) => copyLinkedFiles(ROOT, outDir),
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    sidebar: readNavigation(ROOT),
    docFooter: { prev: false, next: false }
  }
})
