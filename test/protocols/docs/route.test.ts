import { readFileSync } from 'node:fs'
import test from 'ava'
import { problemsOf } from '../../helpers/config.ts'
import { fullConfig } from '../../helpers/config-texts.ts'
import { send } from '../../helpers/http.ts'
import { startService } from '../../helpers/service.ts'
import { ENC_KEY } from '../../helpers/tokens.ts'

const REMOTE = 'http://127.0.0.1:9'
const DOCS = fullConfig(REMOTE, { more: { docs: true } })

test('without docs: true there is no document and no page', async (t) => {
  const { url } = await startService(t, { config: fullConfig(REMOTE) })
  for (const path of ['/openapi.json', '/docs', '/docs/swagger-ui.css']) {
    t.is((await send(url + path)).status, 404, path)
  }
})

test('the page loads nothing from elsewhere, and all its files exist', async (t) => {
  const { url } = await startService(t, { config: DOCS })
  const page = await send(`${url}/docs`)
  t.is(page.headers['content-type'], 'text/html; charset=utf-8')
  const policy = String(page.headers['content-security-policy'])
  t.regex(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
  t.notRegex(policy, /unsafe|https?:/)
  t.notRegex(page.text, /https?:|<style|<script>|\son\w+=|style=/)
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link)
  t.is(links.length, 4)
  // An empty icon, so that browsers do not request one and get a 404.
  t.true(page.text.includes('<link rel="icon" href="data:,">'))
  for (const link of links.filter((link) => !link.startsWith('data:,'))) {
    const { status, headers } = await send(new URL(link, `${url}/docs`).href)
    t.is(status, 200, link)
    t.regex(headers['content-type'] ?? '', /^text\/(?:css|javascript); charset=utf-8$/)
    t.is(headers['x-content-type-options'], 'nosniff')
  }
})

test('the page uses the files of the library', async (t) => {
  const { url } = await startService(t, { config: DOCS })
  for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
    const { text } = await send(`${url}/docs/${name}`)
    t.true(text === readFileSync(`node_modules/swagger-ui-dist/${name}`, 'utf8'), name)
  }
})

test('a cached file is not sent again', async (t) => {
  const { url } = await startService(t, { config: DOCS })
  const { headers } = await send(`${url}/docs/swagger-ui.css`)
  const again = await send(`${url}/docs/swagger-ui.css`, {
    headers: { 'if-none-match': String(headers.etag) }
  })
  t.deepEqual([again.status, again.text], [304, ''])
})

test('no gate may hide the docs', (t) => {
  const config = {
    docs: true,
    listen: { main: {}, gates: { port: 8001 } },
    keys: [{ alg: 'HS256', secret: ENC_KEY }],
    routes: [{ check: '/', on: 'gates', protocol: 'forward-auth', verify: [{ keys: 'all' }] }]
  }
  t.deepEqual(problemsOf(t, config), [
    'routes[0].check: /openapi.json is answered by the service itself, expected another path or another listener'
  ])
})

for (const path of ['/docs', '/docs/token', '/openapi.json']) {
  test(`${path} is rejected as a route where the docs are`, (t) => {
    const config = (docs: boolean | string) => ({
      docs,
      keys: [{ alg: 'HS256', secret: ENC_KEY }],
      routes: [{ check: path, verify: [{ keys: 'all' }] }]
    })
    const problem = `routes[0].check: ${path} is answered by the service itself, expected another path`
    t.deepEqual(problemsOf(t, config(true)), [problem])
    t.deepEqual(problemsOf(t, config('true')), [problem])
  })
}
