/** The real Chromium, as Debian has it. It is never downloaded. @needs chromium */

import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import type { TestCertificate } from './certificates.ts'
import type { Lifetime } from './lifetime.ts'

const PROGRAM = process.env.CHROMIUM ?? '/usr/bin/chromium'

/**
 * Starts it without a window. All hosts that end with `.test` are this machine, and every certificate is good; cookies are those of a
 * new profile.
 */
export async function startChromium(t: Lifetime): Promise<BrowserContext> {
  const browser = await chromium.launch({
    executablePath: PROGRAM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--host-resolver-rules=MAP *.test 127.0.0.1']
  })
  t.teardown(() => browser.close())
  return browser.newContext({ ignoreHTTPSErrors: true })
}

/** A site that answers each path with a page, under any host. Returns its port. */
export async function startSite(t: Lifetime, tls: TestCertificate, html: string): Promise<number> {
  const server = createServer({ cert: tls.cert, key: tls.key }, (_request, response) => {
    response.setHeader('Content-Type', 'text/html')
    response.end(html)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** The part of an answer that a script can read. Undefined where the browser blocks it. */
export type SeenByScript =
  | { readonly status: number; readonly text: string; readonly requestId: string | null }
  | undefined

/** Fetches as a script of the page would. */
export function fetchFrom(page: Page, url: string, options: object): Promise<SeenByScript> {
  return page.evaluate(
    async ([url, options]) => {
      try {
        const answer = await fetch(url, options)
        const requestId = answer.headers.get('x-request-id')
        return { status: answer.status, text: await answer.text(), requestId }
      } catch {
        return undefined
      }
    },
    [url, options] as const
  )
}
