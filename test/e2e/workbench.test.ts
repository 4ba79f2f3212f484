/** The workbench in a real browser: a person pastes tokens, and reads why they pass or not. @needs curl */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { Page } from 'playwright-core'
import { startChromium } from '../helpers/chromium.ts'
import { eventually } from '../helpers/eventually.ts'
import { send } from '../helpers/http.ts'
import { startService } from '../helpers/service.ts'
import { ENC_KEY, makeToken } from '../helpers/tokens.ts'

const PORT = { port: 0, host: '127.0.0.1' }
const API_KEY = 'the key of an operator, long enough'
const NOW = 1_800_000_000

const CONFIG = JSON.stringify({
  docs: true,
  listen: { main: PORT, admin: PORT },
  keys: [{ alg: 'HS256', kid: 'ours', secret: ENC_KEY }],
  revocation: { store: 'memory' },
  routes: [
    { check: '/check', verify: [{ keys: 'all' }] },
    {
      check: '/staff',
      on: 'admin',
      verify: [{ keys: 'all' }],
      require: { claims: { role: 'staff' } }
    },
    { revoke: '/revoke', auth: { apiKeys: [API_KEY] } }
  ]
})

/** A page on the workbench, and its problems: script errors, and requests blocked by its policy. */
async function openWorkbench(t: ExecutionContext) {
  const service = await startService(t, { config: CONFIG, now: () => NOW * 1000 })
  const browser = await startChromium(t)
  const page = await browser.newPage()
  const problems: string[] = []
  const urls: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (line) => {
    if (line.type() === 'error') problems.push(line.text())
  })
  page.on('request', (request) => urls.push(request.url()))
  await page.goto(`${service.adminUrl}/workbench`)
  return { ...service, browser, page, problems, urls }
}

async function explain(page: Page, token: string): Promise<string> {
  await page.getByLabel('Token', { exact: true }).fill(token)
  const answered = page.waitForResponse(/\/workbench\/explain$/)
  await page.getByRole('button', { name: 'Explain' }).click()
  await (await answered).finished()
  await page.locator('#message:not(:empty)').filter({ hasNotText: 'Checking' }).waitFor()
  return page.locator('#message').innerText()
}

const GOOD = { sub: 'ada', jti: 'one', iat: NOW - 60, exp: NOW + 7200, role: 'staff' }
const textOf = (page: Page) => page.locator('#result').innerText()

test('valid, expired, revoked, foreign, malformed and long tokens are explained', async (t) => {
  const { page, url, adminUrl, problems, urls } = await openWorkbench(t)
  const good = makeToken(JSON.stringify(GOOD))
  t.is(await explain(page, good), 'The token passes 2 of 2 check routes; it expires in 2 hours.')
  t.regex(await textOf(page), /\/check on main, as txtoken: passes/)
  t.regex(await textOf(page), /"role": "staff"/)

  const expired = makeToken(JSON.stringify({ ...GOOD, exp: NOW - 180 }))
  t.is(
    await explain(page, expired),
    'The token passes 0 of 2 check routes; it expired 3 minutes ago.'
  )
  t.regex(await textOf(page), /times\s+rejected\s+.*3 minutes ago/)

  const guest = makeToken(JSON.stringify({ ...GOOD, role: 'guest' }))
  t.regex(await explain(page, guest), /passes 1 of 2/)
  t.regex(await textOf(page), /require\.claims\s+rejected/)

  const foreign = makeToken(JSON.stringify(GOOD), { secret: 'somebody else'.repeat(4) })
  t.regex(await explain(page, foreign), /passes 0 of 2/)
  t.regex(await textOf(page), /verify\[0\] keys\s+rejected\s+.*signature/i)

  const markup = '<img src=x onerror=alert(1)>'
  t.regex(await explain(page, `${markup}.a.b`), /passes 0 of 2/)
  t.regex(await textOf(page), /This cannot be read as a JWT/)
  await explain(page, makeToken(JSON.stringify({ ...GOOD, sub: markup })))
  t.is(await page.locator('#result img').count(), 0, 'what is in a token is text')

  const long = makeToken(JSON.stringify({ ...GOOD, more: 'x'.repeat(20_000) }))
  t.true(long.length > 20_480)
  t.regex(await explain(page, long), /passes 0 of 2/)
  t.regex(await textOf(page), /too_large/)

  const headers = {
    'api-key': API_KEY,
    'content-type': 'application/x-www-form-urlencoded'
  }
  await send(`${adminUrl}/revoke`, { method: 'POST', headers, body: `token=${good}` })
  t.is(
    await explain(page, good),
    'The token passes 0 of 2 check routes; it is revoked; it expires in 2 hours.'
  )

  t.deepEqual(problems, [])
  t.true(urls.every((asked) => asked.startsWith(adminUrl)))
  for (const part of [...good.split('.'), 'onerror']) t.false(urls.join().includes(part))
  t.not(url, adminUrl)
})

test('the keyboard is enough, and every control has a name', async (t) => {
  const { page } = await openWorkbench(t)
  await page.keyboard.press('Tab')
  await page.keyboard.insertText(makeToken(JSON.stringify(GOOD)))
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.getByText('passes 2 of 2').waitFor()
  const tree = await page.locator('main').ariaSnapshot()
  const controls = tree.match(/- (?:button|textbox|combobox)(?: "[^"]+")?/g) ?? []
  t.true(controls.length > 3)
  for (const control of controls) t.regex(control, / "[^"]+"$/)
  await page.getByRole('button', { name: 'Clear' }).press('Enter')
  t.is(await page.getByLabel('Token', { exact: true }).inputValue(), '')
  t.is(await textOf(page), '')
})

test('the curl line that is copied works, and its token is in no URL', async (t) => {
  const { page, browser, adminUrl } = await openWorkbench(t)
  await browser.grantPermissions(['clipboard-read', 'clipboard-write'])
  const token = makeToken(JSON.stringify(GOOD))
  await explain(page, token)
  await page.getByRole('button', { name: 'Copy curl for /staff' }).click()
  await page.getByText('Copied.').waitFor()
  const line = await page.evaluate<string>('navigator.clipboard.readText()')
  t.is(line, `curl -sS -H @- '${adminUrl}/staff' <<'END'\nAuthorization: Bearer ${token}\nEND\n`)
  const { stdout } = await promisify(execFile)('sh', ['-c', line])
  t.like(JSON.parse(stdout), { Valid: true })

  await explain(page, "a'; echo b")
  t.is(await page.getByRole('button', { name: 'Copy curl' }).count(), 0)
})

test('the page revokes with the API key, and the status shows keys, store and configuration', async (t) => {
  const { page, problems, urls } = await openWorkbench(t)
  const keys = page.getByRole('table', { name: 'Keys' })
  t.regex(await keys.innerText(), /ours\s+ours HS256\s+ours HS256/)
  t.regex(await page.getByRole('table', { name: 'Revocation' }).innerText(), /memory\s+available/)
  const status = await page.locator('#status').innerText()
  t.regex(status, /Configuration\n[\s\S]*\n {2}check \/staff as txtoken\n {4}verify 1: keys all\n/)
  t.false(status.includes(ENC_KEY) || status.includes(API_KEY))

  const token = makeToken(JSON.stringify(GOOD))
  t.regex(await explain(page, token), /passes 2 of 2/)
  await page.getByLabel('API key').fill('a wrong key')
  await page.getByRole('button', { name: 'Revoke' }).click()
  await page.locator('#revoke-message').filter({ hasText: 'answered 401' }).waitFor()
  // Chromium reports the 401 by itself, and not at once.
  await eventually(() => problems.length > 0)
  problems.length = 0
  await page.getByLabel('API key').fill(API_KEY)
  await page.getByRole('button', { name: 'Revoke' }).click()
  await page.getByText('The token is revoked, if').waitFor()
  t.regex(await page.locator('#message').innerText(), /passes 0 of 2 check routes; it is revoked/)
  t.deepEqual(problems, [])
  t.false(urls.join().includes(token.slice(0, 20)))
})
