/** The minimal checkToken: node:http and one HMAC. Settings come from the environment. */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto'
import { answerJson, serve } from './serve.ts'

const key = createSecretKey(Buffer.from(process.env.KEY ?? ''))
const bearer = /^Bearer +([\w-]+)\.([\w-]+)\.([\w-]+)$/i

serve((request, response) => {
  if (request.url !== '/checkToken') return answerJson(response, 404, '{"message":"Not found."}')
  const [, header, payload, signature] = bearer.exec(request.headers.authorization ?? '') ?? []
  if (header === undefined || payload === undefined || signature === undefined) {
    return answerJson(response, 401, '{"error":"no token present in request"}')
  }
  const signingInput = `${header}.${payload}`
  const expected = createHmac('sha256', key).update(signingInput).digest()
  const given = Buffer.from(signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    return answerJson(response, 401, '{"error":"signature is invalid"}')
  }
  const headerText = Buffer.from(header, 'base64url').toString()
  const claimsText = Buffer.from(payload, 'base64url').toString()
  if (JSON.parse(headerText).alg !== 'HS256') {
    return answerJson(response, 401, '{"error":"signature is invalid"}')
  }
  if (!(JSON.parse(claimsText).exp > Date.now() / 1000)) {
    return answerJson(response, 401, '{"error":"Token is expired"}')
  }
  answerJson(
    response,
    200,
    `{"Raw":"${signingInput}.${signature}","Method":{"Name":"HS256","Hash":5},"Header":${headerText},` +
      `"Claims":${claimsText},"Signature":"${signature}","Valid":true}`
  )
})
