/** The page on single-page applications: its code, in a page in a real browser. */
import test from 'ava'
import { createAuthority } from '../helpers/certificates.ts'
import { startChromium, startSite } from '../helpers/chromium.ts'
import { findCode } from '../helpers/documentation.ts'
import { PASSWORD, startLoginApi } from '../helpers/login-api.ts'
import { runService } from '../helpers/program.ts'
import { ENC_KEY } from '../helpers/tokens.ts'

const PAGE = 'docs/how-to/single-page-application.md'
const HEADING = 'Log in from a single-page application'

test('the code of the page logs in, shows the user, and logs out', async (t) => {
  const certificate = createAuthority().issue({ hosts: ['api.example.test'] })
  const [code = ''] = findCode(PAGE, HEADING, 'js')
  const [config = ''] = findCode(PAGE, HEADING, 'yaml')
  const loginApi = await startLoginApi(t)
  // The port of the service is not known before that of the site, whose origin it has to allow.
  const site = await startSite(t, certificate, '<!doctype html><title>An application</title>')
  const tls = JSON.stringify({ cert: certificate.cert, key: certificate.key })
  const service = await runService(
    t,
    config
      .replace('port: 8888', `port: 0\n    host: 127.0.0.1\n    tls: ${tls}`)
      .replace('https://app.example.com', `https://app.example.test:${site}`)
      .replace('http://127.0.0.1:8889/login', loginApi.url),
    { ENC_KEY }
  )
  const api = `https://api.example.test:${new URL(service.url).port}`
  const browser = await startChromium(t)
  const page = await browser.newPage()
  await page.goto(`https://app.example.test:${site}/`)
  const seen = await page.evaluate(
    async ([text, password]) => {
      const url = URL.createObjectURL(new Blob([text ?? ''], { type: 'text/javascript' }))
      const { logIn, whoAmI, logOut } = await import(url)
      const wrong = await logIn('ada@example.com', 'wrong').catch((error: Error) => error.message)
      const before = await whoAmI()
      await logIn('ada@example.com', password)
      const after = await whoAmI()
      const { document } = globalThis as unknown as { document: { cookie: string } }
      const readable = document.cookie
      await logOut()
      return { wrong, before, after, readable, end: await whoAmI() }
    },
    [code.replace('https://api.example.com', api), PASSWORD]
  )
  t.deepEqual(seen, {
    wrong: 'Wrong name or password.',
    before: undefined,
    after: { id: 1 },
    readable: '',
    end: undefined
  })
})
