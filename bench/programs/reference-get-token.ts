/** The minimal getToken: node:http, one undici pool and one HMAC. Settings come from the environment. */
import { createHmac, createSecretKey } from 'node:crypto'
import { Pool } from 'undici'
import { answerJson, readBody, serve } from './serve.ts'

const LIFETIME_SECONDS = 3600
const TIMEOUT_MS = 5000

const key = createSecretKey(Buffer.from(process.env.KEY ?? ''))
const encodedHeader = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url')
const remote = new URL(process.env.REMOTE ?? '')
const pool = new Pool(remote.origin, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
const remoteHeaders = {
  'content-type': 'application/json',
  authorization: `Bearer ${process.env.BEARER}`
}

serve(async (request, response) => {
  if (request.method !== 'POST' || request.url !== '/getToken') {
    return answerJson(response, 404, '{"message":"Not found."}')
  }
  const body = await readBody(request)
  if (body === undefined) return answerJson(response, 413, '{"message":"Body too large."}')
  if (!isJson(body.toString())) return answerJson(response, 400, '{"message":"Not JSON."}')
  try {
    const reply = await pool.request({
      method: 'POST',
      path: remote.pathname + remote.search,
      headers: remoteHeaders,
      body
    })
    const text = await reply.body.text()
    if (reply.statusCode !== 200 || !isJson(text)) {
      return answerJson(response, 500, `{"message":"Refused.","status":${reply.statusCode}}`)
    }
    answerJson(response, 200, `{"token":"${sign(text)}"}`)
  } catch {
    answerJson(response, 500, '{"message":"Remote post failure."}')
  }
})

function sign(data: string): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = `{"data":${data},"iat":${now},"exp":${now + LIFETIME_SECONDS}}`
  const signingInput = `${encodedHeader}.${Buffer.from(claims).toString('base64url')}`
  return `${signingInput}.${createHmac('sha256', key).update(signingInput).digest('base64url')}`
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
