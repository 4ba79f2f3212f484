/** A login API that knows one password for every name. */
import type { ExecutionContext } from 'ava'
import { post } from './http.ts'
import { replying, startRemote, type TestRemote } from './remote.ts'

export const PASSWORD = 'the right one'

/** Answers 200 to the right password, and 401 to others. */
export function startLoginApi(t: ExecutionContext): Promise<TestRemote> {
  return startRemote(t, (response, { body }) => {
    const isRight = body.toString().includes(PASSWORD)
    return (isRight ? replying('{"id":1}') : replying('{"error":"wrong"}', 401))(response)
  })
}

/** Tries to log in, and returns the status and Retry-After. */
export async function tryLogin(url: string, email: string, password = 'a wrong one') {
  const { status, headers, text } = await post(url, JSON.stringify({ email, password }))
  return { status, retryAfter: headers['retry-after'], text }
}

/** The statuses of several attempts, one after the other. */
export async function statusesOf(url: string, email: string, times: number): Promise<number[]> {
  const statuses: number[] = []
  for (let one = 0; one < times; one++) statuses.push((await tryLogin(url, email)).status)
  return statuses
}
