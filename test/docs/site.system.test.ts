/** The documentation site, built without the network, and read in a browser. */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import anyTest, { type ExecutionContext, type TestFn } from 'ava'
import { startChromium } from '../helpers/chromium.ts'
import { listPages, readPage } from '../helpers/documentation.ts'
import { eventually } from '../helpers/eventually.ts'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../..')

/** Loaded before the build: any connection makes the build fail. */
const NO_NETWORK = `data:text/javascript,${encodeURIComponent(
  "import net from 'node:net'; net.Socket.prototype.connect = () => { throw new Error('no network') }"
)}`

const test = anyTest as TestFn<{ site: string }>

test.before('build the site', async (t) => {
  t.timeout(600_000, 'a minute where nothing else runs')
  const site = await mkdtemp(join(tmpdir(), 'txtoken-site-'))
  t.context = { site }
  const vitepress = join(ROOT, 'node_modules/.bin/vitepress')
  const { stderr } = await run(vitepress, ['build', 'docs', '--outDir', site], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: `--import "${NO_NETWORK}"` }
  })
  // A page that cannot be rendered is only reported.
  t.notRegex(stderr, /Error/)
})

test.after.always((t) => rm(t.context.site, { recursive: true, force: true }))

const listHtml = (site: string) =>
  readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'))

test('each page of docs is in the navigation, which links to pages of the site alone', (t) => {
  const { site } = t.context
  const page = readFileSync(join(site, 'docs/keys.html'), 'utf8')
  for (const part of ['Start', 'How to', 'Reference', 'Operate', 'Explain'])
    t.true(page.includes(`>${part}</h2>`), part)
  const contents = readPage('docs/README.md')
  const missing = listPages('docs').filter(
    (name) =>
      !/^docs\/(?:README\.md|adr\/\d)/.test(name) &&
      !contents.includes(`](${name.slice('docs/'.length)})`)
  )
  t.deepEqual(missing, [], 'add a line to docs/README.md')
  for (const [, path = ''] of contents.matchAll(/\]\(([^)]+)\)/g)) {
    const html = join('docs', path)
      .replace(/README\.md$/, 'index.md')
      .replace(/\.md$/, '.html')
    t.true(existsSync(join(site, html)), html)
  }
})

test('pages load nothing from elsewhere', (t) => {
  for (const name of listHtml(t.context.site)) {
    const text = readFileSync(join(t.context.site, name), 'utf8')
    const foreign = text.match(
      /<(?:script|link|img|source|iframe)[^>]*(?:src|href|srcset)="https?:[^>]*>/g
    )
    t.is(foreign, null, name)
  }
})

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml'
}

async function serve(t: ExecutionContext, site: string): Promise<string> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://site').pathname
    const file = join(site, path.endsWith('/') ? `${path}index.html` : path)
    if (!existsSync(file)) return response.writeHead(404).end()
    const type = TYPES[extname(file)] ?? 'application/octet-stream'
    return response.writeHead(200, { 'Content-Type': type }).end(readFileSync(file))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

test('the search finds a word of a page, and opens the page', async (t) => {
  t.timeout(120_000)
  const url = await serve(t, t.context.site)
  const page = await (await startChromium(t)).newPage()
  await page.goto(`${url}/docs/`)
  const search = page.locator('.VPLocalSearchBox input')
  // The page knows the key only once its script has run.
  await eventually(async () => {
    await page.keyboard.press('/')
    return search.isVisible()
  }, 200)
  await search.fill('thumbprint')
  await page.locator('.VPLocalSearchBox a.result[href*="keys/rotating.html"]').first().click()
  await page.waitForURL('**/docs/keys/rotating.html**')
  // The address changes before the content does.
  await t.notThrowsAsync(page.locator('main h1', { hasText: 'Rotate keys' }).waitFor())
})
