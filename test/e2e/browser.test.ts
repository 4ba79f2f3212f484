/** The service in front of a real browser: pages of other origins log in, read and log out, or are rejected. */
import test, { type ExecutionContext } from 'ava'
import type { BrowserContext, Page } from 'playwright-core'
import { createAuthority } from '../helpers/certificates.ts'
import { fetchFrom, startChromium, startSite } from '../helpers/chromium.ts'
import { generateKeys, toPem } from '../helpers/keys.ts'
import { runService } from '../helpers/program.ts'
import { replying, startRemote } from '../helpers/remote.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const JSON_LABEL = { 'content-type': 'application/json' }
const LOGIN = { method: 'POST', headers: JSON_LABEL, body: '{"password":"right"}' }

/** The service on api.example.test, and sites on the same domain and on others; all with TLS. */
async function startAll(t: ExecutionContext) {
  const certificate = createAuthority().issue({ hosts: ['api.example.test'] })
  const site = await startSite(t, certificate, '<!doctype html><title>A page</title>')
  const remote = await startRemote(t, replying('{"id":1}'))
  const claims = [{ from: 'remote', url: remote.url, at: 'data' }]
  const partner = `https://app.partner.test:${site}`
  const service = await runService(
    t,
    JSON.stringify({
      listen: {
        main: {
          port: 0,
          host: '127.0.0.1',
          tls: { cert: certificate.cert, key: certificate.key },
          cors: { origins: [`https://*.example.test:${site}`, partner], credentials: true }
        }
      },
      keys: [
        { alg: 'HS256', secret: '${ENC_KEY}' },
        { alg: 'RS256', kid: 'rsa', private: toPem(generateKeys('RS256').signing) }
      ],
      revocation: { store: 'memory' },
      routes: [
        { issue: '/login', claims, cookie: { name: '__Host-token', sameSite: 'None' } },
        { check: '/check', token: ['header', 'cookie:__Host-token'], verify: [{ keys: 'all' }] },
        { logout: '/logout' }
      ]
    }),
    { ENC_KEY }
  )
  const api = `https://api.example.test:${new URL(service.url).port}`
  const browser = await startChromium(t)
  const open = async (origin: string): Promise<Page> => {
    const page = await browser.newPage()
    await page.goto(`${origin}/`)
    return page
  }
  return {
    api,
    remote,
    browser,
    open,
    app: `https://app.example.test:${site}`,
    partner,
    stranger: `https://evil.test:${site}`
  }
}

function cookiesOf(browser: BrowserContext) {
  return browser.cookies().then((cookies) => cookies.map(({ name }) => name))
}

test('a page of the same site logs in with a cookie, is recognized by it, and logs out', async (t) => {
  const { api, app, browser, open } = await startAll(t)
  const page = await open(app)
  const credentials = 'include'
  const login = await fetchFrom(page, `${api}/login`, { ...LOGIN, credentials })
  t.is(login?.status, 200)
  t.truthy(login?.requestId, 'X-Request-Id is exposed')
  t.deepEqual(await cookiesOf(browser), ['__Host-token'])
  t.is((await fetchFrom(page, `${api}/check`, { credentials }))?.status, 200)
  t.is((await fetchFrom(page, `${api}/check`, {}))?.status, 401, 'without the cookie')

  const { token } = JSON.parse(login?.text ?? '{}')
  const headers = { authorization: `Bearer ${token}` }
  const both = await fetchFrom(page, `${api}/check`, { headers, credentials })
  t.is(both?.status, 200, 'the header and the cookie in one request')

  const logout = { method: 'POST', credentials }
  t.is((await fetchFrom(page, `${api}/logout`, logout))?.status, 204)
  t.deepEqual(await cookiesOf(browser), [])
  t.is((await fetchFrom(page, `${api}/check`, { headers }))?.status, 401, 'it is revoked')
})

for (const who of ['app', 'partner'] as const) {
  test(`a page of ${who === 'app' ? 'the same' : 'another'} site logs in without cookies, and keeps the token itself`, async (t) => {
    const all = await startAll(t)
    const { api, browser } = all
    const page = await all.open(all[who])
    // The Chromium of Debian keeps no cookies of other sites, also where they are asked for.
    const credentials = who === 'app' ? 'same-origin' : 'include'
    const login = await fetchFrom(page, `${api}/login`, { ...LOGIN, credentials })
    t.is(login?.status, 200)
    const { token } = JSON.parse(login?.text ?? '{}')
    t.deepEqual(await cookiesOf(browser), [])
    const headers = { authorization: `Bearer ${token}` }
    t.is((await fetchFrom(page, `${api}/check`, { headers }))?.status, 200)
  })
}

test('errors can be read by the pages that may log in', async (t) => {
  const { api, app, open } = await startAll(t)
  const page = await open(app)
  const bad = await fetchFrom(page, `${api}/login`, { ...LOGIN, body: '{' })
  t.is(bad?.status, 400)
  t.is((await fetchFrom(page, `${api}/nowhere`, {}))?.status, 404)
  t.is((await fetchFrom(page, `${api}/nowhere`, LOGIN))?.status, 404)
  t.is((await fetchFrom(page, `${api}/login`, {}))?.status, 405)
})

test('a page of a third site reads nothing, sets no cookie, and its forms are rejected', async (t) => {
  const { api, browser, open, stranger, remote } = await startAll(t)
  const page = await open(stranger)
  // Text needs no preflight, so it is sent.
  const texts = { method: 'POST', body: '{"password":"right"}' }
  for (const credentials of ['include', 'omit']) {
    t.is(await fetchFrom(page, `${api}/login`, { ...LOGIN, credentials }), undefined)
    t.is(await fetchFrom(page, `${api}/login`, { ...texts, credentials }), undefined)
    t.is(await fetchFrom(page, `${api}/check`, { credentials }), undefined)
  }
  await fetchFrom(page, `${api}/login`, { ...texts, credentials: 'include', mode: 'no-cors' })
  t.deepEqual(await cookiesOf(browser), [])

  const answered = page.waitForResponse(`${api}/login`)
  // What this form sends is the JSON {"password":"=right"}.
  await page.setContent(`<form method="post" enctype="text/plain" action="${api}/login">
    <input name='{"password":"' value='right"}'><button>Win</button></form>`)
  await page.click('button')
  t.is((await answered).status(), 403)
  t.deepEqual(await cookiesOf(browser), [])
  t.is(remote.requests.length, 0, 'no login was tried')
})

test('a third site can read published keys, and none of its links logs a user out', async (t) => {
  const { api, app, browser, open, stranger } = await startAll(t)
  const page = await open(app)
  await fetchFrom(page, `${api}/login`, { ...LOGIN, credentials: 'include' })
  const other = await open(stranger)
  t.is((await fetchFrom(other, `${api}/.well-known/jwks.json`, {}))?.status, 200)
  t.is(await fetchFrom(other, `${api}/check`, { credentials: 'include' }), undefined)
  const logout = { method: 'POST', credentials: 'include', mode: 'no-cors' }
  await fetchFrom(other, `${api}/logout`, logout)
  t.deepEqual(await cookiesOf(browser), ['__Host-token'])
  t.is((await fetchFrom(page, `${api}/check`, { credentials: 'include' }))?.status, 200)
})
