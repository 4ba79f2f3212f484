/** M1: gets its own token when it starts, and calls M2 with it. */
import { createServer } from 'node:http'
import { createServiceToken } from 'txtoken/client'

const {
  ISSUER = 'http://127.0.0.1:8888',
  M2_URL = 'http://127.0.0.1:8892',
  M1_API_KEY,
  PORT = '8891'
} = process.env

const serviceToken = createServiceToken({
  url: `${ISSUER}/service-token`,
  apiKey: M1_API_KEY,
  allowHttp: true, // All of it is on one machine here.
  onFailure: (error) => process.stderr.write(`m1: no token: ${error.message}\n`)
})
// Without a token the service is useless, so it does not start.
await serviceToken.get()

const server = createServer(async (_request, response) => {
  try {
    const stock = await fetch(`${M2_URL}/stock`, { headers: await serviceToken.authorize() })
    response.writeHead(stock.status, { 'content-type': 'application/json' })
    response.end(`{"order":1,"stock":${await stock.text()}}\n`)
  } catch {
    response.writeHead(502).end()
  }
})
server.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`m1: listening on ${server.address().port}\n`)
})
