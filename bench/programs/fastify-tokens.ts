/**
 * The program that a user would write in an afternoon: getToken and checkToken with fastify, its plugin for JWTs, undici and a log line
 * a request. Settings come from the environment.
 */
import fastifyJwt from '@fastify/jwt'
import fastify, { type FastifyError, LogController } from 'fastify'
import { Pool } from 'undici'

const LIFETIME = '1h'
const TIMEOUT_MS = 5000

const app = fastify({
  logger: true,
  logController: new LogController({ disableRequestLogging: true })
})
await app.register(fastifyJwt, {
  secret: process.env.KEY ?? '',
  sign: { algorithm: 'HS256', expiresIn: LIFETIME },
  verify: { algorithms: ['HS256'] }
})

app.addHook('onResponse', async (request, reply) => {
  const { statusCode, elapsedTime } = reply
  const { method, url, ip } = request
  request.log.info({ method, url, ip, statusCode, elapsedTime }, 'request completed')
})

app.setErrorHandler<FastifyError>((error, request, reply) => {
  request.log.error(error)
  return reply.code(error.statusCode ?? 500).send({ message: error.message })
})

const remote = new URL(process.env.REMOTE ?? 'http://127.0.0.1')
const pool = new Pool(remote.origin, { headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS })
const remoteHeaders = {
  'content-type': 'application/json',
  authorization: `Bearer ${process.env.BEARER}`
}

app.post('/getToken', async (request, reply) => {
  const answer = await pool.request({
    method: 'POST',
    path: remote.pathname + remote.search,
    headers: remoteHeaders,
    body: JSON.stringify(request.body)
  })
  if (answer.statusCode !== 200) {
    await answer.body.dump()
    return reply.code(500).send({ message: 'Refused.', status: answer.statusCode })
  }
  return { token: app.jwt.sign({ data: await answer.body.json() }) }
})

app.post('/checkToken', async (request, reply) => {
  const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) return reply.code(401).send({ error: 'no token present in request' })
  try {
    const { header, payload, signature } = app.jwt.verify<Decoded>(token, { complete: true })
    const method = { Name: 'HS256', Hash: 5 }
    return {
      Raw: token,
      Method: method,
      Header: header,
      Claims: payload,
      Signature: signature,
      Valid: true
    }
  } catch (error) {
    return reply.code(401).send({ error: (error as Error).message })
  }
})

interface Decoded {
  readonly header: object
  readonly payload: object
  readonly signature: string
}

await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) })
process.once('SIGTERM', () => app.close())
