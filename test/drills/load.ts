/** Logins without a pause, each of which is checked: what a drill counts. */
import { Agent, request } from 'node:http'
import { readToken, signParts } from '../helpers/tokens.ts'

export interface Load {
  /** The result of the logins so far: how many succeeded, and the errors by message. */
  readonly counts: () => LoadCounts
  /** Sends no more, and waits for the answers. */
  readonly stop: () => Promise<LoadCounts>
}

interface LoadCounts {
  readonly good: number
  /** The number of answers by their status, or the error in place of an answer. */
  readonly failed: Readonly<Record<string, number>>
  /** Tokens that were not signed, or belong to another user. */
  readonly wrong: number
}

export interface LoadOptions {
  /** Each sends its next login when the one before is answered. */
  readonly clients: number
  /** How long a client waits before its next login. Default: not at all. */
  readonly pauseMs?: number
}

/** Logs in at a route whose remote gives back the body as claims (`echoRemote`), until it is stopped. */
export function startLoad(url: string, { clients, pauseMs = 0 }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: clients })
  const failed: Record<string, number> = {}
  let good = 0
  let wrong = 0
  let isDone = false

  async function client(name: number): Promise<void> {
    for (let count = 0; !isDone; count++) {
      const user = `user-${name}-${count}`
      const outcome = await login(url, user, agent)
      if (outcome === 'good') good++
      else if (outcome === 'wrong') wrong++
      else failed[outcome] = (failed[outcome] ?? 0) + 1
      // A request that fails at once would loop without end.
      if (outcome !== 'good' || pauseMs > 0) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(pauseMs, 5)))
      }
    }
  }

  const counts = () => ({ good, failed: { ...failed }, wrong })
  const ended = Promise.all(Array.from({ length: clients }, (_, name) => client(name)))
  return {
    counts,
    async stop() {
      isDone = true
      await ended
      agent.destroy()
      return counts()
    }
  }
}

/** Logs in once. A keep-alive connection that is closed before its request is an error as any other: nothing is sent twice. */
export function login(url: string, user: string, agent?: Agent): Promise<string> {
  const body = JSON.stringify({ user })
  return new Promise((resolve) => {
    const headers = { 'content-length': Buffer.byteLength(body) }
    request(url, { method: 'POST', headers, ...(agent && { agent }) }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => {
        if (response.statusCode !== 200) resolve(String(response.statusCode))
        else resolve(isTokenOf(text, user) ? 'good' : 'wrong')
      })
      response.on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'cut'))
    })
      .on('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'error'))
      .end(body)
  })
}

function isTokenOf(text: string, user: string): boolean {
  const { token = '' } = JSON.parse(text) as { token?: string }
  const input = token.slice(0, token.lastIndexOf('.'))
  return token === signParts(input) && JSON.parse(readToken(token).payload).data?.user === user
}
